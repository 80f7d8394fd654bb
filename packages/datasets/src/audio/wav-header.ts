import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { emptyAudio } from './empty-audio';

/** What the header of a WAV, Wave64 or AIFF file says, checked against itself and the file. */
export interface WavHeader {
  readonly container: 'wav' | 'wave64' | 'aiff';
  readonly encoding: 'integer' | 'float' | 'a-law' | 'mu-law';
  /** Bytes of one sample of one channel. */
  readonly width: number;
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Samples per channel. */
  readonly frames: number;
  /** Where the samples start, in bytes. */
  readonly dataOffset: number;
  /** As in RIFX and most AIFF files. */
  readonly bigEndian: boolean;
  /** Whether samples of one byte have a sign, as in AIFF. */
  readonly signedBytes?: boolean;
  /** Whether it counts the bytes of the header as samples, as some writers do. */
  readonly isOverstated?: boolean;
}

/** Format tags that are not read, by the name people know them under. */
const otherTags: Readonly<Record<number, string>> = {
  0x0002: 'Microsoft ADPCM',
  0x0011: 'IMA ADPCM',
  0x0031: 'GSM 6.10',
  0x0050: 'MPEG',
  0x0055: 'MP3',
  0x00ff: 'AAC',
  0x0161: 'WMA',
};

const widths = { integer: [1, 2, 3, 4], float: [4, 8], 'a-law': [1], 'mu-law': [1] } as const;

/** A size that a writer to a pipe leaves behind because it cannot go back: 0, all ones, or close to 2 GiB (sox). */
const isOpenEnded = (size: number): boolean => size === 0 || size >= 0x7ffff000;

/** Each chunk is a read of its own: no recorder writes so many, and a file of millions would take minutes. */
export const mostChunks = 1000;

/**
 * Reads the header of a RIFF, RIFX, RF64 or BW64 WAV file: `fmt ` in its plain and EXTENSIBLE forms, any other chunks before
 * the samples, odd chunks with or without their padding byte, and streamed files whose sizes were never filled in.
 *
 * @throws {InputError} saying what was expected.
 */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const start = await source.read(0, 12);
  const form = start.toString('latin1', 0, 4);
  const bigEndian = form === 'RIFX';
  const u16 = (b: Buffer, at: number): number => (bigEndian ? b.readUInt16BE(at) : b.readUInt16LE(at));
  const u32 = (b: Buffer, at: number): number => (bigEndian ? b.readUInt32BE(at) : b.readUInt32LE(at));
  if (start.length < 12 || start.toString('latin1', 8, 12) !== 'WAVE')
    throw new InputError('RIFF file that is not WAVE audio');
  const streamed = isOpenEnded(u32(start, 4));
  let long: { data: number } | undefined;
  let format: ReturnType<typeof parseFormat> | undefined;
  let chunks = 0;
  for (let at = 12; at + 8 <= source.size;) {
    if (++chunks > mostChunks) throw new InputError(`more than ${mostChunks} chunks before the audio`);
    const head = await source.read(at, 8);
    const id = head.toString('latin1', 0, 4);
    const size = u32(head, 4);
    const body = at + 8;
    if (id === 'ds64' && (form === 'RF64' || form === 'BW64')) {
      const sizes = await source.read(body, 24);
      if (sizes.length < 24) throw new InputError('ends within its ds64 chunk');
      long = { data: Number(sizes.readBigUInt64LE(8)) };
    } else if (id === 'fmt ') {
      if (format) throw new InputError('two fmt chunks, expected one');
      if (size < 16) throw new InputError(`fmt chunk of ${size} bytes, expected at least 16`);
      format = parseFormat(await source.read(body, Math.min(size, 40)), size, u16, u32);
    } else if (id === 'data') {
      if (!format) throw new InputError('no fmt chunk before the data chunk');
      const stated = long && size === 0xffffffff ? long.data : size;
      const there = source.size - body;
      // A size of 0 with all the rest of the file behind it, and no chunk there, is a header that was never completed.
      const open =
        (long && size === 0xffffffff ? stated >= 2 ** 63 : isOpenEnded(stated)) &&
        (streamed || stated !== 0 || !(await isChunk(source, body)));
      // Some writers count the 44 bytes of the header, too: that much too large is not truncated.
      if (!open && stated > there + 44)
        throw new InputError(`truncated: its header promises ${stated} bytes of audio, ${there} are there`);
      if (!open && (await hasData(source, await behind(source, body + stated, stated), u32)))
        throw new InputError('two data chunks, expected one');
      const isOverstated = !open && stated > there;
      const frames = Math.floor((open ? there : Math.min(stated, there)) / (format.width * format.channels));
      if (frames === 0) throw emptyAudio('no audio in its data chunk');
      return {
        container: 'wav',
        ...format,
        frames,
        dataOffset: body,
        bigEndian,
        ...(isOverstated && { isOverstated }),
      };
    }
    at = await behind(source, body + size, size);
  }
  throw new InputError(format ? 'no data chunk' : 'no fmt and no data chunk');
}

/**
 * Where the next chunk starts: behind a padding byte, as the format demands of one with an odd size, unless a writer left it
 * out and a chunk that matters starts right away.
 */
async function behind(source: ByteSource, end: number, size: number): Promise<number> {
  if (size % 2 === 0) return end;
  const id = (await source.read(end, 4)).toString('latin1');
  return id === 'data' || id === 'fmt ' ? end : end + 1;
}

/** Whether a data chunk is there, or behind other chunks. What follows the samples need not be chunks at all. */
async function hasData(source: ByteSource, from: number, u32: Reader): Promise<boolean> {
  for (let at = from, chunks = 0; at + 8 <= source.size && chunks < mostChunks; chunks++) {
    const head = await source.read(at, 8);
    const id = head.toString('latin1', 0, 4);
    if (id === 'data') return true;
    if (!/^[\x20-\x7e]{4}$/.test(id)) return false;
    const size = u32(head, 4);
    at = await behind(source, at + 8 + size, size);
  }
  return false;
}

/** Whether another chunk, or the end, is where an empty data chunk would be followed by one. */
async function isChunk(source: ByteSource, at: number): Promise<boolean> {
  const head = await source.read(at, 8);
  if (head.length < 8) return true;
  return /^[\x20-\x7e]{4}$/.test(head.toString('latin1', 0, 4)) && at + 8 + head.readUInt32LE(4) <= source.size;
}

type Reader = (buffer: Buffer, at: number) => number;

/**
 * The content of a `fmt ` chunk.
 * @param b its first 40 bytes, or all there are
 * @param size of the chunk
 */
export function parseFormat(
  b: Buffer,
  size: number,
  u16: Reader,
  u32: Reader,
): Pick<WavHeader, 'encoding' | 'width' | 'channels' | 'sampleRate'> {
  if (b.length < Math.min(size, 40)) throw new InputError('ends within its fmt chunk');
  let tag = u16(b, 0);
  const channels = u16(b, 2);
  const sampleRate = u32(b, 4);
  const block = u16(b, 12);
  const bits = u16(b, 14);
  if (tag === 0xfffe) {
    if (b.length < 40) throw new InputError(`WAVE_FORMAT_EXTENSIBLE with a fmt chunk of ${size} bytes, expected 40`);
    // A sub-format is a plain tag in front of a fixed suffix; anything else is a codec's own. Big-endian writers do not
    // agree whether the tag has two bytes or four.
    if (b.toString('hex', 32, 40) !== '800000aa00389b71') {
      throw new InputError(`WAVE_FORMAT_EXTENSIBLE with the unknown sub-format ${b.toString('hex', 24, 40)}`);
    }
    tag = u16(b, 24) || u16(b, 26);
  }
  const encoding = ({ 1: 'integer', 3: 'float', 6: 'a-law', 7: 'mu-law' } as const)[tag];
  if (!encoding) {
    const name = otherTags[tag];
    throw new InputError(
      `${name ?? 'unknown'} audio (format tag 0x${tag.toString(16).padStart(4, '0')}), expected PCM, float, A-law or mu-law`,
    );
  }
  if (channels < 1) throw new InputError('0 channels, expected at least 1');
  checkRate(sampleRate);
  const width = block / channels;
  // 24 bits in four bytes are 32 bits whose lowest are zero.
  const padded = encoding === 'integer' && width === 4 && bits === 24;
  if (
    !(widths[encoding] as readonly number[]).includes(width) ||
    bits > 8 * width ||
    (bits <= 8 * (width - 1) && !padded)
  ) {
    throw new InputError(
      `${bits}-bit ${encoding} samples in blocks of ${block} bytes for ${channels} channels do not fit together`,
    );
  }
  return { encoding, width, channels, sampleRate };
}

/** @throws {InputError} when a rate cannot be one of recorded speech. */
export function checkRate(sampleRate: number): void {
  if (sampleRate < 1000 || sampleRate > 768_000)
    throw new InputError(`sample rate ${sampleRate} Hz, expected 1,000 to 768,000`);
}
