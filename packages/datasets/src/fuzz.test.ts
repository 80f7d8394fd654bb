import { decodeBytes } from './audio/decode';
import { InputError } from '@ser/files';
import type { CorpusCard } from './card';
import { seededRandom } from './random';
import { card } from './cards';
import { readRows } from './readers/read-table';
import { aiffBytes } from './testing/aiff-bytes';
import { wave64Bytes } from './testing/wave64-bytes';
import { chunk, int16, wavBytes } from './testing/wav-bytes';

/** Ten thousand in all, as the project promises. */
const wavRounds = 7000;
const manifestRounds = 3000;

const samples = int16(...Array.from({ length: 60 }, (_, i) => 500 * (i - 30)));
const wavs = [
  wavBytes(samples),
  wavBytes(samples, { channels: 2, sampleRate: 44_100, extensible: true }),
  wavBytes(samples.subarray(0, 90), {
    bits: 24,
    between: [chunk('LIST', Buffer.from('INFOx'))],
    after: [chunk('id3 ', samples)],
  }),
  wavBytes(samples, { bits: 8 }),
  wavBytes(Buffer.from(new Float32Array(30).fill(0.25).buffer), { tag: 3, bits: 32 }),
  wavBytes(samples, { tag: 7, bits: 8, riffSize: 0xffffffff, dataSize: 0xffffffff }),
  wavBytes(samples, { bigEndian: true }),
  aiffBytes(samples),
  aiffBytes(samples, { compression: 'fl32', bits: 32, soundFirst: true, channels: 2 }),
  wave64Bytes(wavBytes(samples)),
];

const manifests: readonly (readonly [string, string])[] = [
  [
    'm.jsonl',
    '{"audio":"a.wav","label":"happy","speaker":"s1","start":0.5,"end":1.5}\n{"audio":"b.wav","label":"sad","speaker":2}\n',
  ],
  ['m.csv', 'audio,label,speaker,session,start,end,split\na.wav,happy,s1,1,0,1.5,train\n"b, c.wav",sad,s2,2,,,test\n'],
];

const { pattern: _, id: __, ...base } = card('savee');
const table: CorpusCard = { ...base, reader: 'manifest', manifest: 'm.csv' };

/** One to four random changes: bytes flipped, set, cut out, doubled, moved, or the end cut off. */
function mutate(bytes: Buffer, random: () => number): Buffer {
  const integer = (bound: number): number => Math.floor(random() * bound);
  let out = Buffer.from(bytes);
  for (let n = 1 + integer(4); n > 0; n--) {
    // Most of what can go wrong is in the header.
    const at = integer(random() < 0.7 ? Math.min(60, out.length) : out.length);
    const kind = integer(7);
    if (kind === 0) out[at] = (out[at] ?? 0) ^ (1 << integer(8));
    else if (kind === 1) out[at] = [0, 1, 0x7f, 0x80, 0xff][integer(5)] ?? 0;
    else if (kind === 2 && at + 4 <= out.length)
      out.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff][integer(5)] ?? 0, at);
    else if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + integer(8))]);
    else if (kind === 4) out = Buffer.concat([out.subarray(0, at), out.subarray(Math.max(0, at - integer(8)))]);
    else if (kind === 5) out = out.subarray(0, at);
    else
      out = Buffer.concat([
        out.subarray(0, at),
        Buffer.from(Array.from({ length: integer(6) }, () => integer(256))),
        out.subarray(at),
      ]);
  }
  return out;
}

test(`${wavRounds} mutated WAV files: a clear error or finite samples that are in the file`, async () => {
  const random = seededRandom(1);
  let read = 0;
  for (let i = 0; i < wavRounds; i++) {
    const bytes = mutate(wavs[i % wavs.length] ?? samples, random);
    try {
      const { channels, sampleRate } = await decodeBytes(bytes);
      read++;
      const frames = channels[0]?.length ?? 0;
      expect(frames).toBeGreaterThan(0);
      expect(sampleRate).toBeGreaterThanOrEqual(1000);
      // No more samples than there are bytes, whatever the header promises.
      expect(frames * channels.length).toBeLessThanOrEqual(bytes.length);
      for (const channel of channels) {
        expect(channel.length).toBe(frames);
        expect(channel.every(Number.isFinite)).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(`round ${i}: ${bytes.toString('hex')}`, { cause: error });
      expect(error.message).toMatch(/^[^\n]{10,300}$/);
    }
  }
  // Both ways out are taken often: the test would not notice a reader that refuses all.
  expect(read).toBeGreaterThan(wavRounds / 10);
  expect(read).toBeLessThan((wavRounds * 9) / 10);
});

test(`${manifestRounds} mutated manifests: a clear error or whole rows`, () => {
  const random = seededRandom(2);
  let read = 0;
  for (let i = 0; i < manifestRounds; i++) {
    const [name, text] = manifests[i % 2] ?? ['', ''];
    const bytes = mutate(Buffer.from(text), random);
    try {
      for (const row of readRows(table, bytes.toString('utf8'), name)) {
        read++;
        for (const value of [row.id, row.audio, ...row.rawLabels.map(([label]) => label), row.speaker])
          expect(value.length).toBeGreaterThan(0);
        if (row.end !== undefined) expect(row.end).toBeGreaterThan(row.start ?? 0);
      }
    } catch (error) {
      if (!(error instanceof InputError))
        throw new Error(`round ${i}: ${JSON.stringify(bytes.toString('utf8'))}`, { cause: error });
      expect(error.message.startsWith(name)).toBe(true);
    }
  }
  expect(read).toBeGreaterThan(manifestRounds / 10);
});
