import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { hasSox } from '../testing/outside';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { decodeBytes } from './decode';
import { readWaveform } from './read-waveform';

afterAll(removeTemporaryFolders);

describeIf(hasSox, 'sox is not installed (apt-get install sox)')('FLAC', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'a.flac');
  let whole: Float32Array;
  beforeAll(async () => {
    // Long enough that a part is looked for by halving: noise hardly shrinks.
    spawnSync('sox', ['-R', '-n', '-r', '16000', '-b', '16', file, 'synth', '60', 'whitenoise', 'vol', '0.5']);
    whole = await readWaveform(file);
    expect(whole).toHaveLength(960_000);
  });

  test.each([
    [0, 0.5],
    [0.001, 0.002],
    [3.21, 4.56],
    [29.9, 31],
    [59.5, 60],
    [59.99, undefined],
  ])('from %d s to %d s, as in the whole', async (start, end) => {
    const part = await readWaveform(file, { start, ...(end !== undefined && { end }) });
    expect(part).toEqual(
      whole.slice(Math.round(start * 16_000), end === undefined ? undefined : Math.round(end * 16_000)),
    );
  });

  test('what sounds like a frame header is not taken for one', async () => {
    // Stored as it is, a sample value can be the sync code of a frame.
    const wav = path.join(folder, 'b.wav');
    spawnSync('sox', ['-R', '-n', '-r', '16000', '-b', '16', '-c', '1', wav, 'synth', '30', 'whitenoise']);
    const bytes = readFileSync(wav);
    for (let at = 1000; at + 16 < bytes.length; at += 998) bytes.write('f8ffc8ff', at, 'hex');
    writeFileSync(wav, bytes);
    spawnSync('sox', [wav, path.join(folder, 'b.flac')]);
    const expected = await readWaveform(wav);
    expect(await readWaveform(path.join(folder, 'b.flac'))).toEqual(expected);
    expect(await readWaveform(path.join(folder, 'b.flac'), { start: 17, end: 18 })).toEqual(
      expected.slice(272_000, 288_000),
    );
  });

  test('behind an ID3v2 tag, and before an ID3v1 tag', async () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\x00\x00\x00\x00\x01\x00', 'latin1'), Buffer.alloc(128)]);
    const end = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)]);
    const { channels } = await decodeBytes(Buffer.concat([tag, readFileSync(file), end]));
    expect(channels[0]).toEqual(whole);
  });

  test('a damaged, a missing and a cut frame', async () => {
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes);
    damaged[800_000] = (damaged[800_000] ?? 0) ^ 1;
    await expect(decodeBytes(damaged)).rejects.toThrow(/broken|damaged/);
    await expect(decodeBytes(bytes.subarray(0, 800_000))).rejects.toThrow(/broken or truncated/);
    // Only what is asked for has to be whole.
    expect((await decodeBytes(damaged, { start: 50, end: 51 })).channels[0]).toEqual(whole.slice(800_000, 816_000));
  });

  test('a header that states more than there can be', async () => {
    const bytes = Buffer.from(readFileSync(file));
    bytes.writeUInt32BE(0xffffffff, 8 + 14);
    await expect(decodeBytes(bytes)).rejects.toThrow(/more than 4.7 hours of audio/);
    bytes.writeUInt32BE(2_000_000, 8 + 14);
    await expect(decodeBytes(bytes)).rejects.toThrow(/960000 of 2000000 samples/);
  });
});
