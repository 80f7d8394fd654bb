import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav, wavBytes, int16 } from '../testing/wav-bytes';
import { checkAudio } from './check-audio';
import { createDecoder, decodeAll } from './decoder';
import { isEmptyAudio } from './empty-audio';
import { inspectAudio } from './inspect-audio';
import { readWaveform } from './read-waveform';

const root = tree({
  ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.wav`, toneWav(200 + 50 * i)])),
  'stereo48.wav': wavBytes(int16(...Array.from({ length: 960 }, (_, i) => 20 * i)), {
    channels: 2,
    sampleRate: 48_000,
  }),
  'broken.wav': toneWav().subarray(0, 60),
  'empty.wav': '',
  'text.wav': 'not audio at all',
  'none.wav': wavBytes(Buffer.alloc(0)),
});
const file = (name: string): string => path.join(root, name);
afterAll(removeTemporaryFolders);

test.each([0, 1, 3])('%d threads give what one gives, in order', async (workers) => {
  const names = [...Array.from({ length: 12 }, (_, i) => `${i}.wav`), 'stereo48.wav'];
  const waves = await decodeAll(
    names.map((name) => ({ audio: file(name) })),
    { workers },
  );
  for (const [i, name] of names.entries()) expect(waves[i]).toEqual(await readWaveform(file(name)));
  expect(waves[12]).toHaveLength(160);
});

test('spans, reports and errors come through', async () => {
  const decoder = createDecoder({ workers: 1 });
  try {
    expect(await decoder.read(file('0.wav'), { start: 0.01, end: 0.02 })).toHaveLength(160);
    expect(await decoder.inspect(file('0.wav'))).toEqual(await inspectAudio(file('0.wav')));
    await expect(decoder.read(file('broken.wav'))).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/broken.wav: truncated/) as string,
    });
    await expect(decoder.read(file('missing.wav'))).rejects.toThrow(
      `${file('missing.wav')}: no such file or folder (ENOENT)`,
    );
    // A thread hands over the text of an error, and what kind it is.
    expect(await decoder.read(file('none.wav')).catch(isEmptyAudio)).toBe(true);
    expect(await decoder.read(file('broken.wav')).catch(isEmptyAudio)).toBe(false);
    // It goes on after errors.
    expect(await decoder.read(file('1.wav'))).toHaveLength(1600);
  } finally {
    await decoder.close();
  }
  await expect(decoder.read(file('1.wav'))).rejects.toThrow('the decoder is closed');
});

test('closing rejects what is under way', async () => {
  const decoder = createDecoder({ workers: 1 });
  const all = Promise.allSettled(Array.from({ length: 12 }, (_, i) => decoder.read(file(`${i}.wav`))));
  await decoder.close();
  expect((await all).some(({ status }) => status === 'rejected')).toBe(true);
});

test('a silly number of threads is refused', () => {
  for (const workers of [-1, 1.5, 1000, NaN])
    expect(() => createDecoder({ workers })).toThrow(/decoder threads, expected 0 to 256/);
});

test('checkAudio lists every bad file at once', async () => {
  const of = (...names: string[]): { utterances: { id: string; audio: string; label: string; speaker: string }[] } => ({
    utterances: names.map((name) => ({ id: name, audio: file(name), label: 'x', speaker: 's' })),
  });
  await checkAudio(of('0.wav', '1.wav', 'stereo48.wav'));
  const bad = checkAudio(of('0.wav', 'broken.wav', 'empty.wav', 'text.wav', 'missing.wav'));
  await expect(bad).rejects.toMatchObject({ name: 'InputError' });
  await expect(bad).rejects.toThrow(
    [
      '4 of 5 audio files cannot be used:',
      `  ${file('broken.wav')}: truncated: its header promises 3200 bytes of audio, 16 are there`,
      `  ${file('empty.wav')}: empty file, expected audio`,
      `  ${file('missing.wav')}: no such file or folder (ENOENT)`,
      `  ${file('text.wav')}: no audio file of a known kind, expected WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus audio; other formats have to be converted first`,
    ].join('\n'),
  );
});

test('a pipe, a socket and a device are refused and not waited for', async () => {
  spawnSync('mkfifo', [file('pipe.wav')]);
  await expect(readWaveform(file('pipe.wav'))).rejects.toThrow(`${file('pipe.wav')}: a pipe, expected a file`);
  await expect(decodeAll([{ audio: file('pipe.wav') }], { workers: 1 })).rejects.toThrow('a pipe, expected a file');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(file('s.wav'), resolve));
  await expect(inspectAudio(file('s.wav'))).rejects.toThrow(`${file('s.wav')}: a socket, expected a file`);
  await new Promise((resolve) => server.close(resolve));
  await expect(readWaveform('/dev/zero')).rejects.toThrow('/dev/zero: a device, expected a file');
});
