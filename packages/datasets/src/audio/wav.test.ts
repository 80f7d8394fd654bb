import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { hasSox } from '../testing/outside';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { chunk, int16, wavBytes } from '../testing/wav-bytes';
import { decodeBytes } from './decode';
import { readWaveformBytes } from './read-waveform';

afterAll(removeTemporaryFolders);

async function mono(bytes: Uint8Array): Promise<number[]> {
  const { channels } = await decodeBytes(bytes);
  expect(channels).toHaveLength(1);
  return [...(channels[0] ?? [])];
}

describe('sample widths', () => {
  test.each([
    ['8 bits, unsigned', 1, 8, Buffer.from([0, 64, 128, 192, 255]), [-1, -0.5, 0, 0.5, 127 / 128]],
    ['16 bits', 1, 16, int16(-32768, -16384, 0, 16384, 32767), [-1, -0.5, 0, 0.5, 32767 / 32768]],
    ['24 bits', 1, 24, Buffer.from('0000800000c0000000000040ffff7f', 'hex'), [-1, -0.5, 0, 0.5, 8388607 / 8388608]],
    ['32 bits', 1, 32, Buffer.from('00000080000000c00000000000000040ffffff7f', 'hex'), [-1, -0.5, 0, 0.5, 1]],
    ['32-bit float', 3, 32, Buffer.from(new Float32Array([-1, -0.5, 0, 0.5, 1.5]).buffer), [-1, -0.5, 0, 0.5, 1.5]],
    ['64-bit float', 3, 64, Buffer.from(new Float64Array([-1, -0.5, 0, 0.5, 1.5]).buffer), [-1, -0.5, 0, 0.5, 1.5]],
    // The code words of G.711 for the extremes and for zero.
    ['A-law', 6, 8, Buffer.from([0x2a, 0xaa, 0xd5]), [-32256 / 32768, 32256 / 32768, 8 / 32768]],
    ['mu-law', 7, 8, Buffer.from([0x00, 0x80, 0xff]), [-32124 / 32768, 32124 / 32768, 0]],
  ])('%s', async (_name, tag, bits, samples, expected) => {
    for (const extensible of [false, true]) {
      expect(await mono(wavBytes(samples, { tag, bits, extensible }))).toEqual(expected.map((x) => Math.fround(x)));
    }
  });

  test('every 16-bit value is exact', async () => {
    const values = Array.from({ length: 65536 }, (_, i) => i - 32768);
    expect(await mono(wavBytes(int16(...values)))).toEqual(values.map((x) => x / 32768));
  });

  test('20 bits in 24 and 12 in 16 are left-justified', async () => {
    const three = Buffer.from('000040', 'hex');
    expect(await mono(wavBytes(three, { bits: 20, block: 3 }))).toEqual([0.5]);
    expect(await mono(wavBytes(int16(0x4000), { bits: 12, block: 2 }))).toEqual([0.5]);
  });

  test.each([16, 24, 32])('big-endian RIFX of %d bits', async (bits) => {
    const sample = Buffer.alloc(bits / 8);
    sample[0] = 0x40;
    expect(await mono(wavBytes(sample, { bits, bigEndian: true }))).toEqual([0.5]);
    expect(await mono(wavBytes(sample, { bits, bigEndian: true, extensible: true }))).toEqual([0.5]);
  });

  test('RF64 with its length in ds64', async () => {
    const wav = wavBytes(int16(1, 2, 3), { dataSize: 0xffffffff });
    const ds64 = Buffer.alloc(28);
    ds64.writeBigUInt64LE(6n, 8);
    const rf64 = Buffer.concat([
      Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1'),
      chunk('ds64', ds64),
      wav.subarray(12),
      Buffer.from('rest'),
    ]);
    expect(await mono(rf64)).toEqual([1, 2, 3].map((x) => x / 32768));
  });
});

describe('chunks', () => {
  const samples = int16(1, 2, 3);
  const expected = [1, 2, 3].map((x) => x / 32768);
  const odd = Buffer.from('abc');

  test('others before and after the samples, odd ones with their padding byte', async () => {
    expect(await mono(wavBytes(samples, { between: [chunk('LIST', odd)], after: [chunk('id3 ', odd)] }))).toEqual(
      expected,
    );
  });

  test('an odd one whose padding byte was left out', async () => {
    expect(await mono(wavBytes(samples, { between: [chunk('LIST', odd, { pad: false })] }))).toEqual(expected);
  });

  test('a buffer that starts at an odd place', async () => {
    const wav = wavBytes(samples);
    expect(await mono(Buffer.concat([Buffer.alloc(1), wav]).subarray(1))).toEqual(expected);
  });

  test.each([
    ['zero', 0, 0],
    ['all ones', 0xffffffff, 0xffffffff],
    ['what sox writes to a pipe', 0x7ffff024, 0x7ffff000],
  ])('streamed sizes: %s', async (_name, riffSize, dataSize) => {
    expect(await mono(wavBytes(samples, { riffSize, dataSize }))).toEqual(expected);
  });

  test('what follows the samples need not be chunks', async () => {
    const rest = Buffer.from('\0\0\0\0\0\0\0\0data\x02\0\0\0\x09\0', 'latin1');
    expect(await mono(wavBytes(samples, { after: [rest] }))).toEqual(expected);
  });

  test('half a frame at the end is not a frame', async () => {
    const stereo = wavBytes(int16(1, 2, 3), { channels: 2 });
    const { channels } = await decodeBytes(stereo);
    expect(channels.map((c) => [...c])).toEqual([[1 / 32768], [2 / 32768]]);
  });
});

describe('bad files end in a clear line', () => {
  const good = wavBytes(int16(...Array.from({ length: 100 }, (_, i) => i)));
  test.each<[string, Uint8Array, RegExp]>([
    ['truncated', good.subarray(0, 144), /truncated: its header promises 200 bytes of audio, 100 are there/],
    ['cut in the header', good.subarray(0, 30), /no fmt and no data chunk|ends within its fmt chunk/],
    ['no samples', wavBytes(Buffer.alloc(0)), /no audio in its data chunk/],
    [
      'an empty data chunk before others',
      wavBytes(Buffer.alloc(0), { after: [chunk('LIST', Buffer.alloc(20))] }),
      /no audio/,
    ],
    ['two data chunks', wavBytes(int16(1), { after: [chunk('data', int16(2))] }), /two data chunks, expected one/],
    [
      'two data chunks around an odd one without its padding byte',
      wavBytes(int16(1), { after: [chunk('LIST', Buffer.from('abc'), { pad: false }), chunk('data', int16(2))] }),
      /two data chunks, expected one/,
    ],
    ['no data chunk', good.subarray(0, 36), /no data chunk/],
    ['data before fmt', Buffer.concat([good.subarray(0, 12), chunk('data', int16(1))]), /no fmt chunk before the data/],
    ['no channels', wavBytes(int16(1), { channels: 0, block: 2 }), /0 channels/],
    ['a rate of 0', wavBytes(int16(1), { sampleRate: 0 }), /sample rate 0 Hz, expected/],
    [
      'blocks that do not fit',
      wavBytes(int16(1, 2), { block: 3 }),
      /16-bit integer samples in blocks of 3 bytes for 1 channels/,
    ],
    ['16-bit float', wavBytes(int16(1, 2), { tag: 3 }), /16-bit float/],
    ['ADPCM', wavBytes(int16(1, 2), { tag: 2, bits: 4 }), /Microsoft ADPCM audio \(format tag 0x0002\), expected PCM/],
    [
      'a float that is no number',
      wavBytes(Buffer.from(new Float32Array([0, NaN]).buffer), { tag: 3, bits: 32 }),
      /sample 1 is NaN/,
    ],
    ['RIFF but not WAVE', Buffer.from('RIFF\0\0\0\0AVI LIST'), /not WAVE/],
    ['Ogg', Buffer.from('OggS\0\0\0\0'), /does not end with a whole Ogg page/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
    ['a web page', Buffer.from('<!doctype html>'), /web page/],
    ['nothing known', Buffer.from('hello, world'), /no audio file of a known kind/],
  ])('%s', async (_name, bytes, message) => {
    await expect(decodeBytes(bytes)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('parts of a file', () => {
  const wav = wavBytes(int16(...Array.from({ length: 1600 }, (_, i) => i)));

  test('start and end are frames of the file', async () => {
    expect([...(await readWaveformBytes(wav, { start: 0.05, end: 0.0503 }))].map((x) => x * 32768)).toEqual([
      800, 801, 802, 803, 804,
    ]);
    expect(await readWaveformBytes(wav, { start: 0.05 })).toHaveLength(800);
    expect(await readWaveformBytes(wav, { end: 0.12 })).toHaveLength(1600);
  });

  test.each([{ start: 0.1 }, { start: -1 }, { end: 0 }, { start: 0.05, end: 0.04 }, { end: 0.5 }, { start: NaN }])(
    '%p is an error',
    async (span) => {
      await expect(readWaveformBytes(wav, span)).rejects.toThrow(/no audio from .* it is 0.100 s long/);
    },
  );
});

test('channels are averaged', async () => {
  const stereo = wavBytes(int16(100, 300, -100, 100), { channels: 2 });
  expect([...(await readWaveformBytes(stereo))].map((x) => x * 32768)).toEqual([200, 0]);
});

describeIf(hasSox, 'sox is not installed (apt-get install sox)')('files written by sox', () => {
  const sox = (...args: string[]): void => {
    const { status, stderr } = spawnSync('sox', args);
    if (status !== 0) throw new Error(String(stderr));
  };
  /** A sweep with a quiet end, two different channels; 32-bit float is what the others are compared with. */
  const make = (name: string, ...format: string[]): string => {
    const file = path.join(temporaryFolder(), name);
    sox(
      '-D',
      '-r',
      '22050',
      '-n',
      ...format,
      file,
      'synth',
      '0.5',
      'sine',
      '100:5000',
      'sine',
      '300',
      'gain',
      '-3',
      'fade',
      '0',
      '0',
      '0.3',
    );
    return file;
  };
  const reference = (): Promise<{ channels: readonly Float32Array[] }> =>
    decodeBytes(readFileSync(make('r.wav', '-e', 'float', '-b', '32')));

  test.each([
    ['8-bit unsigned', ['-b', '8'], 1 / 128],
    ['16-bit', ['-b', '16'], 1 / 32768],
    ['24-bit', ['-b', '24'], 1 / 2 ** 23],
    ['32-bit', ['-b', '32'], 1 / 2 ** 24],
    ['32-bit float', ['-e', 'float', '-b', '32'], 0],
    ['64-bit float', ['-e', 'float', '-b', '64'], 1 / 2 ** 23],
    ['A-law', ['-e', 'a-law'], 1 / 30],
    ['mu-law', ['-e', 'mu-law'], 1 / 30],
    ['RIFX 16-bit', ['-B', '-b', '16'], 1 / 32768],
    ['RIFX 24-bit', ['-B', '-b', '24'], 1 / 2 ** 23],
    ['RIFX float', ['-B', '-e', 'float', '-b', '32'], 0],
    ['FLAC 16-bit', ['-t', 'flac', '-b', '16'], 1 / 32768],
    ['FLAC 24-bit', ['-t', 'flac', '-b', '24'], 1 / 2 ** 23],
    ['FLAC 8-bit', ['-t', 'flac', '-b', '8'], 1 / 128],
  ])('%s', async (_name, format, tolerance) => {
    const wanted = await reference();
    const { channels, sampleRate } = await decodeBytes(readFileSync(make('x.wav', ...format)));
    expect(sampleRate).toBe(22050);
    expect(channels.map((c) => c.length)).toEqual([11025, 11025]);
    for (const [c, channel] of channels.entries()) {
      const error = channel.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted.channels[c]?.[i] ?? NaN))), 0);
      expect(error).toBeLessThanOrEqual(1.01 * tolerance);
    }
  });

  test.each([
    ['IMA ADPCM', ['-e', 'ima-adpcm']],
    ['Microsoft ADPCM', ['-e', 'ms-adpcm']],
    ['GSM 6.10', ['-e', 'gsm-full-rate']],
  ])('%s is refused by name', async (name, format) => {
    const file = path.join(temporaryFolder(), 'x.wav');
    sox('-D', '-r', '8000', '-n', ...format, file, 'synth', '0.5', 'sine', '300');
    await expect(decodeBytes(readFileSync(file))).rejects.toThrow(name);
  });

  test('a file piped out of sox, its sizes never filled in', async () => {
    const { stdout } = spawnSync('sox', [
      '-D',
      '-r',
      '16000',
      '-n',
      '-b',
      '16',
      '-t',
      'wav',
      '-',
      'synth',
      '0.25',
      'sine',
      '440',
    ]);
    expect(await mono(stdout)).toHaveLength(4000);
  });

  test.each([1, 3, 6, 8])('%d channels', async (n) => {
    const file = path.join(temporaryFolder(), 'x.wav');
    sox('-D', '-r', '16000', '-n', '-c', String(n), '-b', '24', file, 'synth', '0.1', 'sine', '440');
    expect((await decodeBytes(readFileSync(file))).channels).toHaveLength(n);
  });

  test.each([8000, 11025, 22050, 32000, 44100, 48000, 96000])('%d Hz comes out as 16 kHz', async (rate) => {
    const file = path.join(temporaryFolder(), 'x.wav');
    sox('-D', '-r', String(rate), '-n', '-b', '16', file, 'synth', '0.5', 'sine', '440');
    const bytes = readFileSync(file);
    const frames = (await decodeBytes(bytes)).channels[0]?.length ?? 0;
    expect(await readWaveformBytes(bytes)).toHaveLength(Math.round((frames * 16_000) / rate));
  });

  test.each([8, 16, 24])('FLAC of %d bits and a single short frame, full scale included', async (bits) => {
    const file = path.join(temporaryFolder(), 'x.flac');
    const values = [-1, 1, 0.5, -0.5, 0].map((x) => Math.min(2 ** 31 - 1, x * 2 ** 31));
    const raw = Buffer.from(new Int32Array(values).buffer);
    spawnSync('sox', ['-D', '-t', 's32', '-r', '16000', '-c', '1', '-', '-b', String(bits), file], { input: raw });
    const one = 1 - 2 ** (1 - bits);
    expect(await mono(readFileSync(file))).toEqual([-1, one, 0.5, -0.5, 0]);
  });

  test('a FLAC file that is cut or damaged is refused', async () => {
    const file = path.join(temporaryFolder(), 'x.flac');
    sox('-D', '-r', '16000', '-n', '-b', '16', file, 'synth', '2', 'noise');
    const bytes = readFileSync(file);
    await expect(decodeBytes(bytes.subarray(0, bytes.length - 2000))).rejects.toThrow(/broken or truncated FLAC audio/);
    const damaged = Buffer.from(bytes);
    damaged.fill(0x55, bytes.length / 2, bytes.length / 2 + 50);
    await expect(decodeBytes(damaged)).rejects.toThrow(/FLAC audio/);
  });
});

describe('headers of the field', () => {
  const samples = int16(...Array.from({ length: 400 }, (_, i) => 50 * (i - 200)));
  const read = async (bytes: Buffer): Promise<number[]> => [...((await decodeBytes(bytes)).channels[0] ?? [])];

  test('never completed: a data size of 0 with all the audio behind it', async () => {
    const whole = await read(wavBytes(samples));
    for (const riffSize of [0, 36, 4088]) {
      expect(await read(wavBytes(samples, { riffSize, dataSize: 0 }))).toEqual(whole);
    }
    const empty = wavBytes(Buffer.alloc(0), { after: [chunk('LIST', Buffer.from('INFO'))] });
    await expect(decodeBytes(empty)).rejects.toThrow(/no audio in its data chunk/);
  });

  test('a size too large by the header is read, by more is truncated', async () => {
    expect(await read(wavBytes(samples, { dataSize: samples.length + 44 }))).toHaveLength(400);
    await expect(decodeBytes(wavBytes(samples, { dataSize: samples.length + 46 }))).rejects.toThrow(/truncated/);
  });

  test('24 bits in four bytes are 32 bits', async () => {
    const wide = Buffer.alloc(4 * 400);
    for (let i = 0; i < 400; i++) wide.writeInt32LE((i - 200) * 50 * 65_536, 4 * i);
    expect(await read(wavBytes(wide, { bits: 24, block: 4 }))).toEqual(await read(wavBytes(samples)));
  });

  test('samples that no recording has', async () => {
    for (const value of [1e4, -1e4, NaN, Infinity, 3e38]) {
      const floats = Buffer.from(new Float32Array([0, 0.5, value]).buffer);
      await expect(decodeBytes(wavBytes(floats, { tag: 3, bits: 32 }))).rejects.toThrow(
        /sample 2 is .*, expected a number/,
      );
    }
  });
});
