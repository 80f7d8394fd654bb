import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { inspectAudio, readWaveform } from '../../../packages/datasets/src/index';
import { chunk, int16, wavBytes } from '../../../packages/datasets/src/testing/wav-bytes';
import type { Attack } from '../attack';

const samples = int16(...Array.from({ length: 800 }, (_, i) => 20 * (i - 400)));

/** Sizes that lie: nothing, one, all ones, signed and unsigned halves, and just too much. */
const sizes = [0, 1, 7, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** Audio whose headers state what is not there, or whose samples are no sound. */
export function audioAttacks(): Attack[] {
  return [...wavs(), ...flacs(), ...oggs(), ...mp3s(), ...others()];
}

function attack(name: string, bytes: Uint8Array, expect: Attack['expect'], file = 'a.wav'): Attack {
  return {
    name: `audio: ${name}`,
    expect,
    write: (folder) => writeFileSync(path.join(folder, file), bytes),
    run: async (folder) => {
      const at = path.join(folder, file);
      const wave = await readWaveform(at);
      await inspectAudio(at);
      await readWaveform(at, { start: 0, end: Math.min(0.01, wave.length / 16_000) });
      if (!wave.every((x) => Number.isFinite(x) && Math.abs(x) <= 2000)) throw new Error('samples that are no numbers');
    },
  };
}

function wavs(): Attack[] {
  const whole = wavBytes(samples);
  const float = (...values: number[]): Buffer =>
    wavBytes(Buffer.from(new Float32Array(values).buffer), { tag: 3, bits: 32 });
  const double = (...values: number[]): Buffer =>
    wavBytes(Buffer.from(new Float64Array(values).buffer), { tag: 3, bits: 64 });
  return [
    ...sizes.map((size) => attack(`WAV data of ${size} bytes`, wavBytes(samples, { dataSize: size }), 'either')),
    ...sizes.map((size) => attack(`WAV in a RIFF of ${size} bytes`, wavBytes(samples, { riffSize: size }), 'either')),
    ...sizes.map((size) =>
      attack(
        `WAV with a chunk of ${size} bytes before`,
        wavBytes(samples, { between: [chunk('junk', Buffer.alloc(4), { size })] }),
        'either',
      ),
    ),
    ...[0, 3, 255, 65_535].map((channels) =>
      attack(`WAV of ${channels} channels`, wavBytes(samples, { channels, block: (channels * 2) % 65_536 }), 'either'),
    ),
    ...[0, 1, 999, 768_001, 0x7fffffff].map((sampleRate) =>
      attack(`WAV at ${sampleRate} Hz`, wavBytes(samples, { sampleRate }), 'refused'),
    ),
    ...[1, 7, 12, 33, 64, 65_535].map((bits) => attack(`WAV of ${bits} bits`, wavBytes(samples, { bits }), 'either')),
    ...[2, 0x11, 0x31, 0x55, 0xff, 0x161, 0xdead].map((tag) =>
      attack(`WAV of format ${tag}`, wavBytes(samples, { tag }), 'refused'),
    ),
    attack('WAV of NaN', float(0, NaN), 'refused'),
    attack('WAV of Infinity', float(0, Infinity), 'refused'),
    attack('WAV of 1e30', float(0, 1e30), 'refused'),
    attack('WAV of doubles beyond floats', double(0, 1e300), 'refused'),
    attack('WAV of tiny doubles', double(1e-300, -1e-300, 0.5, 0.5), 'read'),
    ...[0, 4, 11, 12, 20, 35, 36, 43, 44, 45].map((length) =>
      attack(`WAV cut after ${length} bytes`, whole.subarray(0, length), length === 45 ? 'either' : 'refused'),
    ),
    attack(
      'WAV of a million empty chunks',
      Buffer.concat([whole.subarray(0, 36), Buffer.alloc(8_000_000, 'junk\0\0\0\0'), whole.subarray(36)]),
      'either',
    ),
    attack('RF64 that states 2^60 bytes', rf64(2n ** 60n), 'refused'),
    attack('RF64 that states 2^64 - 1 bytes', rf64(2n ** 64n - 1n), 'either'),
  ];
}

function rf64(bytes: bigint): Buffer {
  const body = Buffer.alloc(28);
  body.writeBigUInt64LE(bytes, 8);
  const wav = wavBytes(samples, { dataSize: 0xffffffff });
  const out = Buffer.concat([wav.subarray(0, 12), chunk('ds64', body), wav.subarray(12)]);
  out.write('RF64', 0, 'latin1');
  return out;
}

interface FlacOptions {
  readonly channels?: number;
  readonly frames?: number;
  readonly blockSize?: number;
  readonly stated?: number;
  readonly bits?: number;
  readonly rate?: number;
}

function crc(bytes: readonly number[], width: 8 | 16, polynomial: number): number {
  const top = width === 8 ? 0x80 : 0x8000;
  let value = 0;
  for (const byte of bytes) {
    value ^= width === 8 ? byte : byte << 8;
    for (let i = 0; i < 8; i++) value = ((value << 1) ^ (value & top ? polynomial : 0)) & (2 * top - 1);
  }
  return value;
}

/** A FLAC file of constant frames: a dozen bytes for up to 65,535 samples in each of eight channels. */
function flac({ channels = 1, frames = 4, blockSize = 4096, stated, bits = 16, rate = 16_000 }: FlacOptions): Buffer {
  const info = Buffer.alloc(42);
  info.write('fLaC', 0, 'latin1');
  info.writeUInt8(0x80, 4);
  info.writeUIntBE(34, 5, 3);
  info.writeUInt16BE(blockSize, 8);
  info.writeUInt16BE(blockSize, 10);
  const total = BigInt(stated ?? frames * blockSize);
  info.writeBigUInt64BE((BigInt(rate) << 44n) | (BigInt(channels - 1) << 41n) | (BigInt(bits - 1) << 36n) | total, 18);
  const all: Buffer[] = [info];
  for (let number = 0; number < frames; number++) {
    const coded =
      number < 0x80
        ? [number]
        : number < 0x800
          ? [0xc0 | (number >> 6), 0x80 | (number & 63)]
          : [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 63), 0x80 | (number & 63)];
    const head = [0xff, 0xf8, 0x75, ((channels - 1) << 4) | 8, ...coded, (blockSize - 1) >> 8, (blockSize - 1) & 255];
    const frame = [...head, crc(head, 8, 0x07)];
    for (let c = 0; c < channels; c++) frame.push(0, 0, 100);
    const sum = crc(frame, 16, 0x8005);
    all.push(Buffer.from([...frame, sum >> 8, sum & 255]));
  }
  return Buffer.concat(all);
}

function flacs(): Attack[] {
  const whole = flac({});
  const at = (name: string, options: FlacOptions, expect: Attack['expect']): Attack =>
    attack(`FLAC ${name}`, flac(options), expect, 'a.flac');
  return [
    at('of constant frames', {}, 'read'),
    at('bomb: eight channels, 8,000 frames', { channels: 8, frames: 8000, blockSize: 65_535 }, 'refused'),
    at('bomb whose length is not stated', { channels: 8, frames: 8000, blockSize: 65_535, stated: 0 }, 'refused'),
    at('that states 2^36 - 1 samples', { stated: 2 ** 36 - 1 }, 'refused'),
    at('that states more than it has', { stated: 100_000 }, 'refused'),
    at('that states less than it has', { stated: 5000 }, 'either'),
    at('of 32 bits', { bits: 32 }, 'refused'),
    at('of rate 0', { rate: 0 }, 'refused'),
    ...[4, 8, 20, 41, 42, 50, whole.length - 1].map((length) =>
      attack(`FLAC cut after ${length} bytes`, whole.subarray(0, length), 'refused', 'a.flac'),
    ),
    ...[44, 46, 50, 52, 54, 56].map((place) => {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] ?? 0) ^ 0x10;
      return attack(`FLAC with byte ${place} changed`, bytes, 'refused', 'a.flac');
    }),
    attack(
      'FLAC of a block that is larger than the file',
      Buffer.concat([Buffer.from('fLaC\x01\xff\xff\xff', 'latin1'), Buffer.alloc(100)]),
      'refused',
      'a.flac',
    ),
    attack(
      'FLAC of sync codes alone',
      Buffer.concat([whole.subarray(0, 42), Buffer.alloc(400_000, Buffer.from('fff87518', 'hex'))]),
      'refused',
      'a.flac',
    ),
    attack(
      'FLAC frame without an end',
      Buffer.concat([whole.subarray(0, 52), Buffer.alloc(3_000_000, 1)]),
      'refused',
      'a.flac',
    ),
    attack(
      'FLAC behind a tag that is larger than the file',
      Buffer.concat([Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f', 'latin1'), whole]),
      'refused',
      'a.flac',
    ),
  ];
}

function page(packet: Uint8Array, granule: bigint, segments = 1): Buffer {
  const head = Buffer.alloc(27);
  head.write('OggS', 0, 'latin1');
  head.writeUInt8(2, 5);
  head.writeBigInt64LE(granule, 6);
  head.writeUInt8(segments, 26);
  return Buffer.concat([head, Buffer.alloc(segments, packet.length % 256), packet]);
}

function oggs(): Attack[] {
  const opus = Buffer.concat([Buffer.from('OpusHead\x01\x02\0\0', 'latin1'), Buffer.alloc(7)]);
  const vorbis = Buffer.concat([
    Buffer.from('\x01vorbis\0\0\0\0\x02', 'latin1'),
    Buffer.from('80bb0000', 'hex'),
    Buffer.alloc(14),
  ]);
  const of = (name: string, bytes: Buffer): Attack => attack(`Ogg ${name}`, bytes, 'refused', 'a.ogg');
  return [
    of('of a marker alone', Buffer.from('OggS')),
    of('of noughts', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(4000)])),
    of('Opus without audio', page(opus, 0n)),
    of('Opus that states 2^62 samples', page(opus, 2n ** 62n)),
    of('Opus that states -1 samples', page(opus, -1n)),
    of('Opus of 255 channels', page(Buffer.from(opus.map((b, i) => (i === 9 ? 255 : b))), 48_000n)),
    of('Opus of 0 channels', page(Buffer.from(opus.map((b, i) => (i === 9 ? 0 : b))), 48_000n)),
    of('Vorbis without audio', page(vorbis, 0n)),
    of('Vorbis of rate 0', page(Buffer.from(vorbis.map((b, i) => (i >= 12 && i < 16 ? 0 : b))), 48_000n)),
    of(
      'Vorbis whose set-up is noise',
      Buffer.concat([page(vorbis, 0n), page(Buffer.alloc(4000, '\x05vorbis'), 48_000n)]),
    ),
    of('of 255 segments that are not there', page(Buffer.alloc(0), 0n, 255)),
  ];
}

function mp3s(): Attack[] {
  const of = (name: string, bytes: Buffer): Attack => attack(`MP3 ${name}`, bytes, 'either', 'a.mp3');
  const frame = Buffer.concat([Buffer.from('fffb9064', 'hex'), Buffer.alloc(413)]);
  return [
    of('of frame headers alone', Buffer.alloc(400_000, Buffer.from('fffb9064', 'hex'))),
    of('of silent frames', Buffer.concat(Array.from({ length: 40 }, () => frame))),
    of('of free bit rate', Buffer.alloc(40_000, Buffer.from('fffb0064', 'hex'))),
    of(
      'whose rates change',
      Buffer.concat(
        Array.from({ length: 40 }, (_, i) => Buffer.from(frame.map((b, n) => (n === 2 ? 0x90 | ((i % 3) << 2) : b)))),
      ),
    ),
    of('of noise', Buffer.concat([frame, Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * i * 31) % 256))])),
    of('with a tag of 256 MB', Buffer.concat([Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f', 'latin1'), frame])),
  ];
}

function others(): Attack[] {
  const texts: readonly (readonly [string, string | Buffer])[] = [
    ['nothing', ''],
    ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'],
    ['a web page', '<!doctype html><title>not found</title>'],
    ['JSON', '{"error":"no such file"}'],
    ['a zip archive', Buffer.from('504b0304', 'hex')],
    ['AIFF', Buffer.concat([Buffer.from('FORM\0\0\0\x20AIFF', 'latin1'), Buffer.alloc(40)])],
    ['Wave64', Buffer.concat([Buffer.from('riff\x2e\x91\xcf\x11', 'latin1'), Buffer.alloc(100)])],
    ['noughts', Buffer.alloc(100_000)],
    ['ones', Buffer.alloc(100_000, 255)],
  ];
  return texts.map(([name, content]) => attack(name, Buffer.from(content), 'refused'));
}
