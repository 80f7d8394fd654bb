import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createMp3Encoder, createOggEncoder } from 'wasm-media-encoders';
import { seededRandom } from '../random';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { wavBytes } from '../testing/wav-bytes';
import { decodeBytes, probeAudio } from './decode';
import { withoutLibraryNoise } from './library-noise';
import { mp3FrameAt } from './mp3-frames';
import { oggCrc } from './ogg-crc';
import { readWaveform } from './read-waveform';

afterAll(removeTemporaryFolders);

const seconds = 2;
/** A tone of 440 Hz for a second, then one of 880 Hz. */
const tone = (rate: number): Float32Array =>
  Float32Array.from(
    { length: seconds * rate },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * (n < rate ? 440 : 880) * n) / rate),
  );

async function encoded(
  format: 'mp3' | 'ogg' | 'opus',
  rate: number,
  channels: 1 | 2,
  signal = tone(rate),
): Promise<Buffer> {
  if (format === 'opus') return opus(rate, channels, signal);
  const encoder = format === 'mp3' ? await createMp3Encoder() : await createOggEncoder();
  encoder.configure(
    format === 'mp3'
      ? { sampleRate: rate as 44_100, channels, bitrate: 128 }
      : { sampleRate: rate, channels, vbrQuality: 5 },
  );
  const parts = [Buffer.from(encoder.encode(channels === 1 ? [signal] : [signal, signal]))];
  parts.push(Buffer.from(encoder.finalize()));
  return Buffer.concat(parts);
}

/** Opus at its own 48 kHz, whatever the rate of the sound. */
async function opus(rate: number, channels: 1 | 2, signal: Float32Array): Promise<Buffer> {
  const { default: createOpusEncoder } = await import('@audio/encode-opus');
  const encoder = await createOpusEncoder({ sampleRate: rate, channels, bitrate: 64 });
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
    'Opus cut within its headers': opusFile.subarray(0, 60),
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

test.each([
  ['video', 'theora', /an Ogg file of neither Vorbis nor Opus audio/],
  ['nine channels', 'channels', /9 channels, expected 1 to 8/],
])('Ogg of %s', async (_name, what, message) => {
  const [first, ...others] = pages(await encoded('opus', 48_000, 1));
  const changed = Buffer.from(first ?? '');
  if (what === 'theora') changed.write('\x80theora', 28, 'latin1');
  else changed[37] = 9;
  await expect(decodeBytes(Buffer.concat([stamped(changed), ...others]))).rejects.toThrow(message);
});

/** The pages of an Ogg file. */
function pages(ogg: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = 0; at < ogg.length;) {
    starts.push(at);
    const segments = ogg.subarray(at + 27, at + 27 + (ogg[at + 26] ?? 0));
    at += 27 + segments.length + segments.reduce((sum, length) => sum + length, 0);
  }
  return starts.map((start, i) => ogg.subarray(start, starts[i + 1]));
}

/** A page with the checksum that belongs to it. */
function stamped(page: Buffer): Buffer {
  page.writeUInt32LE(oggCrc(page), 22);
  return page;
}

const zeroed = (file: Buffer, from: number, count: number): Buffer => Buffer.from(file).fill(0, from, from + count);

const lengthOf = async (file: Buffer): Promise<number> => (await decodeBytes(file)).channels[0]?.length ?? 0;

describe.each([
  ['Vorbis', 'ogg'],
  ['Opus', 'opus'],
] as const)('damage in %s', (_name, format) => {
  let file: Buffer;
  let whole: number;
  beforeAll(async () => {
    // Noise, because a tone fits on one page.
    const random = seededRandom(1);
    const noise = Float32Array.from({ length: 96_000 }, () => random() - 0.5);
    file = await encoded(format, format === 'ogg' ? 44_100 : 48_000, 1, noise);
    whole = await lengthOf(file);
    // Two of headers, and some of sound, one of which can be taken away.
    expect(pages(file).length).toBeGreaterThanOrEqual(4);
  });

  test('checksums are those of the encoder', () => {
    for (const page of pages(file)) expect(oggCrc(page)).toBe(page.readUInt32LE(22));
  });

  test.each([0.3, 0.5, 0.7, 0.9, 0.999])('cut at %d of its length', async (share) => {
    await expect(decodeBytes(file.subarray(0, Math.floor(share * file.length)))).rejects.toThrow(
      'truncated or damaged: it does not end with a whole Ogg page',
    );
  });

  test('zeros in the sound', async () => {
    const all = pages(file);
    const start = all.slice(0, -2).reduce((sum, { length }) => sum + length, 0);
    const middle = start + Math.floor((all.at(-2)?.length ?? 0) / 2);
    await expect(decodeBytes(zeroed(file, middle, 20))).rejects.toThrow(
      `damaged: the Ogg page at byte ${start} has another checksum`,
    );
    await expect(decodeBytes(zeroed(file, start, 4))).rejects.toThrow(
      `no Ogg page at byte ${start}, expected one: damaged`,
    );
    await expect(decodeBytes(zeroed(file, 40, 1))).rejects.toThrow('damaged: its first Ogg page has another checksum');
  });

  test('a page that is missing or there twice, and one of no stream', async () => {
    const all = pages(file);
    const missing = [...all.slice(0, -2), ...all.slice(-1)];
    await expect(decodeBytes(Buffer.concat(missing))).rejects.toThrow(/damaged: at byte \d+ Ogg page \d+ follows page/);
    const twice = [...all.slice(0, -1), ...all.slice(-2)];
    await expect(decodeBytes(Buffer.concat(twice))).rejects.toThrow(
      /damaged: at byte \d+ Ogg page (\d+) follows page \1/,
    );
    const other = Buffer.from(all.at(-2) ?? '');
    other.writeUInt32LE(12_345, 14);
    const strange = [...all.slice(0, -1), stamped(other), ...all.slice(-1)];
    await expect(decodeBytes(Buffer.concat(strange))).rejects.toThrow(/the Ogg page at byte \d+ belongs to no stream/);
  });

  test('other bytes behind the end', async () => {
    await expect(decodeBytes(Buffer.concat([file, Buffer.from('rest')]))).rejects.toThrow('does not end with a whole');
  });

  test('two files one after the other', async () => {
    await expect(decodeBytes(Buffer.concat([file, file]))).rejects.toThrow(
      `a second Ogg stream begins at byte ${file.length}, expected one`,
    );
  });

  test('a last page without the mark of the end, as of Android, unless a packet goes on', async () => {
    const all = pages(file).map((page) => Buffer.from(page));
    const last = all.at(-1) ?? Buffer.alloc(0);
    last[5] = 0;
    stamped(last);
    expect(await lengthOf(Buffer.concat(all))).toBe(whole);
    const segments = last[26] ?? 0;
    const body = last.subarray(27 + segments);
    const cut = Buffer.concat([
      last.subarray(0, 27 + segments - 1),
      Buffer.from([255]),
      body,
      Buffer.alloc(255 - (last[26 + segments] ?? 0)),
    ]);
    await expect(decodeBytes(Buffer.concat([...all.slice(0, -1), stamped(cut)]))).rejects.toThrow(
      'truncated: the last packet of its last Ogg page is not whole',
    );
  });

  test('a stream of something else beside it is passed over', async () => {
    const [first = file, ...rest] = pages(file);
    const [start, end] = [2, 4].map((flags, sequence) => {
      const page = Buffer.concat([first.subarray(0, 26), Buffer.from([1, 8]), Buffer.from('textsome')]);
      page[5] = flags;
      page.writeUInt32LE(7, 14);
      page.writeUInt32LE(sequence, 18);
      return stamped(page);
    });
    const both = Buffer.concat([first, start ?? first, ...rest.slice(0, -1), end ?? first, ...rest.slice(-1)]);
    expect(await lengthOf(both)).toBe(whole);
  });
});

describe('damage in MP3', () => {
  let file: Buffer;
  let whole: number;
  let starts: number[];
  beforeAll(async () => {
    file = await encoded('mp3', 44_100, 2);
    whole = await lengthOf(file);
    starts = [];
    for (let at = 0; at < file.length; at += mp3FrameAt(file, at)?.length ?? Infinity) starts.push(at);
  });

  /** The file with a list in a frame of its own, as LAME and FFmpeg write it. */
  const listed = (name: 'Info' | 'Xing' | 'VBRI', frames: number, bytes: number): Buffer => {
    const list = zeroed(file.subarray(0, starts[1]), 4, (starts[1] ?? 0) - 4);
    list.write(name, 36, 'latin1');
    if (name === 'VBRI') {
      list.writeUInt32BE(bytes, 46);
      list.writeUInt32BE(frames, 50);
    } else {
      list.writeUInt32BE(3, 40);
      list.writeUInt32BE(frames, 44);
      list.writeUInt32BE(bytes, 48);
    }
    return Buffer.concat([list, file]);
  };

  test('cut within a frame', async () => {
    const last = starts.at(-1) ?? 0;
    await expect(decodeBytes(file.subarray(0, -1))).rejects.toThrow(
      `truncated: the MP3 frame at byte ${last} is not whole`,
    );
    await expect(decodeBytes(file.subarray(0, last + 2))).rejects.toThrow(`no MP3 frame at byte ${last}`);
  });

  test.each(['Info', 'Xing', 'VBRI'] as const)('shorter than its %s list says', async (name) => {
    const size = file.length + (starts[1] ?? 0);
    const good = listed(name, starts.length, size);
    expect(await lengthOf(good)).toBeGreaterThan(0);
    await expect(decodeBytes(good.subarray(0, -(starts[1] ?? 0)))).rejects.toThrow(
      /truncated: its header promises \d+ bytes of audio, \d+ are there/,
    );
    // Some programs count the frame of the list, too.
    await expect(decodeBytes(listed(name, starts.length + 1, 0))).resolves.toBeDefined();
    await expect(decodeBytes(listed(name, starts.length + 2, 0))).rejects.toThrow(
      `truncated: ${starts.length + 1} MP3 frames, its header states ${starts.length + 2}`,
    );
  });

  test('a lost frame header, and bytes between frames or behind the last', async () => {
    const at = starts[10] ?? 0;
    await expect(decodeBytes(zeroed(file, at, 4))).rejects.toThrow(`no MP3 frame at byte ${at}, expected one: damaged`);
    const between = Buffer.concat([file.subarray(0, at), Buffer.from('?'), file.subarray(at)]);
    await expect(decodeBytes(between)).rejects.toThrow(`no MP3 frame at byte ${at}`);
    for (const rest of [Buffer.from('rest'), Buffer.alloc(4096)])
      await expect(decodeBytes(Buffer.concat([file, rest]))).rejects.toThrow(`no MP3 frame at byte ${file.length}`);
  });

  test('tags and zeros around it are no damage', async () => {
    const id3v2 = Buffer.from('ID3\x03\0\0\0\0\0\x0a0123456789', 'latin1');
    const id3v1 = Buffer.from('TAG'.padEnd(128));
    const ape = Buffer.alloc(32 + 20 + 32);
    ape.write('APETAGEX', 0, 'latin1');
    ape.write('APETAGEX', 52, 'latin1');
    ape.writeUInt32LE(20 + 32, 52 + 12);
    ape.writeUInt32LE(0x80000000, 52 + 20);
    const lyrics = Buffer.from('LYRICSBEGIN' + 'la '.repeat(100) + '000311LYRICS200');
    const footer = Buffer.from('3DI\x04\0\x10\0\0\0\x0a', 'latin1');
    const appended = Buffer.concat([Buffer.from('ID3\x04\0\x10\0\0\0\x0a0123456789', 'latin1'), footer]);
    const zeros = Buffer.alloc(100);
    for (const parts of [
      [id3v2, file],
      [id3v2, id3v2, zeros, file, zeros],
      [file, zeros, ape, lyrics, id3v1],
      [file, appended],
    ])
      expect(await lengthOf(Buffer.concat(parts))).toBe(whole);
    // Two songs in one file.
    expect(await lengthOf(Buffer.concat([file, id3v2, file]))).toBeGreaterThan(1.9 * whole);
  });
});

test('a WAV file behind an ID3 tag is no MP3, and no library says so', async () => {
  const written = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const tag = Buffer.from('ID3\x03\0\0\0\0\0\x0a0123456789', 'latin1');
  await expect(decodeBytes(Buffer.concat([tag, wavBytes(Buffer.alloc(3000, 0xff))]))).rejects.toThrow(
    /^a file with an ID3 tag in front, expected MP3 or FLAC audio behind it$/,
  );
  expect(written).not.toHaveBeenCalled();
  written.mockRestore();
});

test('lines that the libraries write go nowhere, all others are written', async () => {
  const lines: unknown[] = [];
  const written = jest.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  const before = console.error;
  await Promise.all([
    withoutLibraryNoise(async () => {
      await Promise.resolve();
      console.error('libopus -4 invalid');
    }),
    withoutLibraryNoise(() => console.error('mpg123-decoder: -1 MPG123_ERR')),
    expect(withoutLibraryNoise(() => Promise.reject(new Error('no')))).rejects.toThrow('no'),
    withoutLibraryNoise(() => console.error('something else')),
  ]);
  expect(console.error).toBe(before);
  console.error('libopus afterwards');
  expect(lines).toEqual(['something else', 'libopus afterwards']);
  written.mockRestore();
});
