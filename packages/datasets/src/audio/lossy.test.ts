import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createMp3Encoder, createOggEncoder } from 'wasm-media-encoders';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { decodeBytes, probeAudio } from './decode';
import { readWaveform } from './read-waveform';

afterAll(removeTemporaryFolders);

const seconds = 2;
/** A tone of 440 Hz for a second, then one of 880 Hz. */
const tone = (rate: number): Float32Array =>
  Float32Array.from(
    { length: seconds * rate },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * (n < rate ? 440 : 880) * n) / rate),
  );

async function encoded(format: 'mp3' | 'ogg' | 'opus', rate: number, channels: 1 | 2): Promise<Buffer> {
  if (format === 'opus') return opus(rate, channels);
  const encoder = format === 'mp3' ? await createMp3Encoder() : await createOggEncoder();
  encoder.configure(
    format === 'mp3'
      ? { sampleRate: rate as 44_100, channels, bitrate: 128 }
      : { sampleRate: rate, channels, vbrQuality: 5 },
  );
  const signal = tone(rate);
  const parts = [Buffer.from(encoder.encode(channels === 1 ? [signal] : [signal, signal]))];
  parts.push(Buffer.from(encoder.finalize()));
  return Buffer.concat(parts);
}

/** Opus at its own 48 kHz, whatever the rate of the sound. */
async function opus(rate: number, channels: 1 | 2): Promise<Buffer> {
  const { default: createOpusEncoder } = await import('@audio/encode-opus');
  const encoder = await createOpusEncoder({ sampleRate: rate, channels, bitrate: 64 });
  const signal = tone(rate);
  const parts = [encoder.encode(channels === 1 ? [signal] : [signal, signal]), encoder.flush()];
  encoder.free();
  return Buffer.concat(parts);
}

/** Where a tone crosses zero upwards, a second: its frequency. */
function frequency(wave: Float32Array): number {
  let crossings = 0;
  for (let n = 1; n < wave.length; n++) if ((wave[n - 1] ?? 0) < 0 && (wave[n] ?? 0) >= 0) crossings++;
  return crossings / (wave.length / 16_000);
}

test.each([
  ['mp3', 44_100, 2],
  ['mp3', 16_000, 1],
  ['ogg', 44_100, 2],
  ['ogg', 16_000, 1],
  ['opus', 48_000, 2],
  ['opus', 16_000, 1],
] as const)('%s of %i Hz with %i channels, whole and in parts', async (format, rate, channels) => {
  const file = path.join(temporaryFolder(), `a.${format}`);
  writeFileSync(file, await encoded(format, rate, channels));
  expect(await probeAudio(file)).toMatchObject({ sampleRate: format === 'opus' ? 48_000 : rate, channels });
  const wave = await readWaveform(file);
  // The codecs add or, as this Opus encoder, take less than a tenth of a second.
  expect(Math.abs(wave.length / 16_000 - seconds)).toBeLessThan(0.1);
  expect(frequency(wave.subarray(4000, 12_000))).toBeCloseTo(440, -1);
  const part = await readWaveform(file, { start: 1.25, end: 1.75 });
  expect(part).toEqual(wave.slice(20_000, 28_000));
  expect(frequency(part)).toBeCloseTo(880, -1);
  await expect(readWaveform(file, { start: 3 })).rejects.toThrow(
    /no audio from 3 s to the end: it is (1\.9|2\.)\d+ s long/,
  );
});

test('broken and hostile files end in a clear line', async () => {
  const mp3 = await encoded('mp3', 44_100, 2);
  const ogg = await encoded('ogg', 44_100, 2);
  const opusFile = await encoded('opus', 48_000, 1);
  const bad: Record<string, Buffer> = {
    'an MP3 tag and nothing': Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x0a          '),
    'sync bits and nothing': Buffer.from('fffb9000', 'hex'),
    'Ogg without a page': Buffer.from('OggS'),
    'Ogg cut within its headers': ogg.subarray(0, 100),
    'Ogg of video': Buffer.concat([ogg.subarray(0, 28), Buffer.from('\x80theora'), ogg.subarray(35, 400)]),
    'Opus cut within its headers': opusFile.subarray(0, 60),
    'Opus of nine channels': Buffer.concat([opusFile.subarray(0, 37), Buffer.from([9]), opusFile.subarray(38)]),
    'an MP3 of zeros': Buffer.concat([mp3.subarray(0, 4), Buffer.alloc(4000)]),
  };
  for (const [name, bytes] of Object.entries(bad)) {
    await expect(
      decodeBytes(bytes).catch((error: unknown) => Promise.reject(Object.assign(error as Error, { case: name }))),
    ).rejects.toMatchObject({
      name: 'InputError',
    });
  }
});
