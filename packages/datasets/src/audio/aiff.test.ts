import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError } from '@ser/files';
import { aiffBytes } from '../testing/aiff-bytes';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { wave64Bytes } from '../testing/wave64-bytes';
import { chunk, int16, wavBytes } from '../testing/wav-bytes';
import { decodeBytes, decodeFile, probeAudio } from './decode';

afterAll(removeTemporaryFolders);

const values = [0, 1, -1, 12_345, -12_345, 32_767, -32_768, 255, -256, 7];
const little = int16(...values);
const big = Buffer.from(little).swap16();
const wanted = values.map((value) => value / 32_768);
const firstOf = async (bytes: Buffer): Promise<number[]> => [...((await decodeBytes(bytes)).channels[0] ?? [])];

test('AIFF: 16, 24, 32 and 8 bits with a sign, and odd widths in the upper bits', async () => {
  expect(await firstOf(aiffBytes(big))).toEqual(wanted);
  expect(await firstOf(aiffBytes(big, { soundFirst: true, offset: 6 }))).toEqual(wanted);
  const wider = (bytes: number): Buffer => {
    const out = Buffer.alloc(bytes * values.length);
    for (const [i, value] of values.entries()) out.writeIntBE(value * 256 ** (bytes - 2), bytes * i, bytes);
    return out;
  };
  expect(await firstOf(aiffBytes(wider(3), { bits: 24 }))).toEqual(wanted);
  expect(await firstOf(aiffBytes(wider(3), { bits: 20 }))).toEqual(wanted);
  expect(await firstOf(aiffBytes(wider(4), { bits: 32 }))).toEqual(wanted);
  expect(await firstOf(aiffBytes(Buffer.from([0, 1, 0xff, 0x7f, 0x80]), { bits: 8 }))).toEqual(
    [0, 1, -1, 127, -128].map((value) => value / 128),
  );
});

test('AIFF-C: byte order, floats and companded samples', async () => {
  expect(await firstOf(aiffBytes(little, { compression: 'sowt' }))).toEqual(wanted);
  expect(await firstOf(aiffBytes(big, { compression: 'twos' }))).toEqual(wanted);
  const floats = Buffer.alloc(4 * wanted.length);
  const doubles = Buffer.alloc(8 * wanted.length);
  for (const [i, value] of wanted.entries()) {
    floats.writeFloatBE(value, 4 * i);
    doubles.writeDoubleBE(value, 8 * i);
  }
  expect(await firstOf(aiffBytes(floats, { bits: 32, compression: 'fl32' }))).toEqual(wanted);
  expect(await firstOf(aiffBytes(doubles, { bits: 64, compression: 'fl64' }))).toEqual(wanted);
  for (const [compression, tag] of [
    ['alaw', 6],
    ['ulaw', 7],
  ] as const) {
    const codes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const frames = codes.length; // some writers state the width of what comes out
    expect(await firstOf(aiffBytes(codes, { compression, bits: 16, frames }))).toEqual(
      await firstOf(wavBytes(codes, { tag, bits: 8 })),
    );
  }
});

test('AIFF in parts, with two channels and another rate', async () => {
  const file = path.join(temporaryFolder(), 'a.aiff');
  const frames = Buffer.alloc(4 * 44_100);
  for (let n = 0; n < 44_100; n++) frames.writeInt16BE(n % 30_000, 4 * n + 2);
  writeFileSync(file, aiffBytes(frames, { channels: 2, sampleRate: 44_100 }));
  expect(await probeAudio(file)).toMatchObject({ container: 'aiff', channels: 2, sampleRate: 44_100, frames: 44_100 });
  const { channels } = await decodeFile(file, { start: 0.5, end: 0.5001 });
  expect([...(channels[1] ?? [])].map((x) => x * 32_768)).toEqual(
    [22_050, 22_051, 22_052, 22_053, 22_054].slice(0, channels[1]?.length),
  );
});

test('Wave64 is WAV with other sizes', async () => {
  const wav = wavBytes(little, { between: [chunk('LIST', Buffer.from('INFOx'))] });
  expect(await firstOf(wave64Bytes(wav))).toEqual(wanted);
  const extensible = wavBytes(Buffer.alloc(12, 1), { bits: 24, channels: 2, sampleRate: 48_000, extensible: true });
  expect(await decodeBytes(wave64Bytes(extensible))).toEqual(await decodeBytes(extensible));
});

test.each([
  ['truncated AIFF', aiffBytes(big).subarray(0, -4), /truncated: its header promises 20 bytes of audio, 16 are there/],
  ['AIFF that promises more', aiffBytes(big, { frames: 11 }), /truncated: .* 22 bytes of audio, 20 are there/],
  ['AIFF without sound', aiffBytes(big).subarray(0, 38), /no SSND chunk/],
  ['AIFF of no samples', aiffBytes(Buffer.alloc(0)), /no audio in it/],
  ['AIFF-C of another codec', aiffBytes(big, { compression: 'ima4' }), /compressed as "ima4", expected PCM/],
  ['an IFF picture', chunk('FORM', Buffer.from('ILBMBMHD'), { bigEndian: true }), /IFF file that is not AIFF audio/],
  ['truncated Wave64', wave64Bytes(wavBytes(little)).subarray(0, -8), /truncated: its header promises 20 bytes/],
  [
    'Wave64 with two data chunks',
    wave64Bytes(wavBytes(little, { after: [chunk('LIST', little), chunk('data', little)] })),
    /two data chunks, expected one/,
  ],
  ['Wave64 without samples', wave64Bytes(wavBytes(Buffer.alloc(0))), /no audio in its data chunk/],
])('%s: a clear line', async (_, bytes, message) => {
  await expect(decodeBytes(bytes)).rejects.toThrow(message);
  await expect(decodeBytes(bytes)).rejects.toThrow(InputError);
});
