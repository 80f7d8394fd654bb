import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WaveFile } from 'wavefile';
import { open } from './index';
import { readPcmWav } from './pcm-wav';
import { readSound } from './read-sound';

const dir = mkdtempSync(join(tmpdir(), 'recognize-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const tone = (rate: number): Int16Array =>
  Int16Array.from({ length: rate }, (_, i) => Math.round(16_000 * Math.sin((2 * Math.PI * 200 * i) / rate)));

function wav(channels: Int16Array[], rate: number): Uint8Array {
  const file = new WaveFile();
  file.fromScratch(channels.length, rate, '16', channels.length === 1 ? (channels[0] ?? []) : channels);
  return file.toBuffer();
}

test('a WAV file is read to the last bit, from a path, bytes and a Blob; channels are averaged', async () => {
  const samples = tone(16_000);
  const bytes = wav([samples], 16_000);
  writeFileSync(join(dir, 'tone.wav'), bytes);
  const expected = Float32Array.from(samples, (x) => x / 32_768);
  for (const sound of [join(dir, 'tone.wav'), bytes, new Blob([new Uint8Array(bytes)])])
    expect(await readSound(sound, 16_000)).toEqual(expected);
  expect(readPcmWav(new Uint8Array(bytes).buffer, 16_000)).toEqual(expected);
  const stereo = await readSound(wav([samples, new Int16Array(16_000)], 16_000), 16_000);
  expect(stereo).toEqual(expected.map((x) => x / 2));
  const both = new Uint8Array(wav([samples, new Int16Array(16_000)], 16_000)).buffer;
  expect(readPcmWav(both, 16_000)).toEqual(stereo);
});

test('another rate is resampled', async () => {
  const samples = await readSound(wav([tone(48_000)], 48_000), 16_000);
  expect(samples.length).toBe(16_000);
  const expected = tone(16_000).map((x) => x);
  const middle = samples.subarray(2000, 14_000);
  const far = middle.reduce((most, x, i) => Math.max(most, Math.abs(x - (expected[i + 2000] ?? 0) / 32_768)), 0);
  expect(far).toBeLessThan(0.02);
});

test('what cannot be opened or read says so in one line', async () => {
  await expect(readSound(new Uint8Array(7), 16_000)).rejects.toThrow('expected a WAV file');
  await expect(readSound(join(dir, 'none.wav'), 16_000)).rejects.toMatchObject({ name: 'InputError' });
  await expect(open(join(dir, 'none.onnx'))).rejects.toThrow('none.json: cannot be read; expected the JSON file');
  writeFileSync(join(dir, 'bad.json'), '{');
  await expect(open(join(dir, 'bad.onnx'))).rejects.toMatchObject({ name: 'InputError' });
  await expect(open(new Uint8Array(3))).rejects.toThrow('need its description');
});

test('what is no plain WAV file of the rate is left to the browser', () => {
  const whole = new Uint8Array(wav([tone(16_000)], 16_000));
  expect(readPcmWav(whole.buffer, 48_000)).toBeUndefined();
  for (const size of [0, 11, 12, 30, 44, 1000, whole.length - 1])
    expect(readPcmWav(whole.slice(0, size).buffer, 16_000)).toBeUndefined();
  expect(readPcmWav(new TextEncoder().encode('OggS, and then something').buffer, 16_000)).toBeUndefined();
});
