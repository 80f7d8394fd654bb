import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';

/** What the header of one FLAC frame says. */
export interface FrameHeader {
  /** Bytes of the header. */
  readonly length: number;
  /** Samples per channel. */
  readonly blockSize: number;
  /** The number of the frame, or of its first sample where block sizes vary. */
  readonly number: number;
  readonly variable: boolean;
}

const crc8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc & 0x80 ? 0x07 : 0);
  return crc & 0xff;
});
const crc16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x8005 : 0);
  return crc & 0xffff;
});

/** No frame header is longer. */
const longestHeader = 16;
/** Bytes read at a time. */
const step = 262_144;

/** The frame header at `at`, if there is one: its sync code, its fields and its checksum are right. */
export function frameHeaderAt(b: Uint8Array, at: number): FrameHeader | undefined {
  if (b[at] !== 0xff || ((b[at + 1] ?? 0) & 0xfe) !== 0xf8) return undefined;
  const sizeCode = (b[at + 2] ?? 0) >> 4;
  const rateCode = (b[at + 2] ?? 0) & 15;
  const channelCode = (b[at + 3] ?? 0) >> 4;
  if (sizeCode === 0 || rateCode === 15 || channelCode > 10 || (b[at + 3] ?? 0) & 1) return undefined;
  let p = at + 4;
  const lead = b[p++] ?? 0;
  const extra = lead < 0x80 ? 0 : Math.clz32(~(lead << 24)) - 1;
  if (extra < 0 || extra > 6 || (lead >= 0x80 && extra === 0)) return undefined;
  let number = extra === 0 ? lead : lead & (0x3f >> extra);
  for (let i = 0; i < extra; i++) {
    const next = b[p++] ?? 0;
    if ((next & 0xc0) !== 0x80) return undefined;
    number = number * 64 + (next & 0x3f);
  }
  let blockSize = sizeCode === 1 ? 192 : sizeCode <= 5 ? 576 << (sizeCode - 2) : 256 << (sizeCode - 8);
  if (sizeCode === 6) blockSize = (b[p++] ?? 0) + 1;
  if (sizeCode === 7) {
    blockSize = ((b[p] ?? 0) << 8) + (b[p + 1] ?? 0) + 1;
    p += 2;
  }
  p += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  if (p >= b.length) return undefined;
  let crc = 0;
  for (let i = at; i < p; i++) crc = crc8[crc ^ (b[i] ?? 0)] ?? 0;
  if (crc !== b[p]) return undefined;
  return { length: p + 1 - at, blockSize, number, variable: ((b[at + 1] ?? 0) & 1) === 1 };
}

/** A frame with its bytes and its first sample. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly blockSize: number;
  readonly sample: number;
}

/**
 * The frames from a byte on, where one begins. A frame ends where the next header begins and its own checksum is right.
 *
 * @throws {InputError} when bytes are no frame: a decoded part is never passed off as the whole.
 */
export async function* framesFrom(source: ByteSource, offset: number, blockSize: number): AsyncGenerator<Frame> {
  let buffer: Uint8Array = await source.read(offset, step);
  let at = offset;
  let start = 0;
  for (;;) {
    if (start > step) {
      buffer = buffer.subarray(start);
      at += start;
      start = 0;
    }
    while (buffer.length - start < longestHeader && at + buffer.length < source.size) {
      [buffer, at, start] = await grown(source, buffer, at, start);
    }
    if (start >= buffer.length || isTag(buffer, start)) return;
    const header = frameHeaderAt(buffer, start);
    if (!header) throw new InputError('broken FLAC audio: no frame where one should begin');
    let crc = 0;
    let end = start;
    const scan = (to: number): boolean => {
      for (; end < to; end++) {
        const whole = crc === 0 && end > start + header.length;
        if (whole && (frameHeaderAt(buffer, end) !== undefined || isTag(buffer, end))) return true;
        crc = ((crc << 8) & 0xffff) ^ (crc16[(crc >> 8) ^ (buffer[end] ?? 0)] ?? 0);
      }
      return false;
    };
    // The largest frame is one that is stored as it is.
    const most = header.blockSize * 8 * 5 + 65_536;
    let found = false;
    while (!(found = scan(buffer.length - longestHeader)) && at + buffer.length < source.size) {
      if (end - start > most) throw new InputError('broken FLAC audio: a frame that does not end');
      [buffer, at, start, end] = await grownTwo(source, buffer, at, start, end);
    }
    if (!found && !scan(buffer.length) && crc !== 0)
      throw new InputError('broken or truncated FLAC audio: a frame is damaged');
    const sample = header.variable ? header.number : header.number * blockSize;
    yield { bytes: buffer.subarray(start, end), blockSize: header.blockSize, sample };
    start = end;
  }
}

/** ID3v1, at the end of some files. */
const isTag = (b: Uint8Array, at: number): boolean =>
  b.length - at === 128 && b[at] === 0x54 && b[at + 1] === 0x41 && b[at + 2] === 0x47;

async function grown(
  source: ByteSource,
  buffer: Uint8Array,
  at: number,
  start: number,
): Promise<[Uint8Array, number, number]> {
  const more = await source.read(at + buffer.length, step);
  return [Buffer.concat([buffer.subarray(start), more]), at + start, 0];
}

async function grownTwo(
  source: ByteSource,
  buffer: Uint8Array,
  at: number,
  start: number,
  end: number,
): Promise<[Uint8Array, number, number, number]> {
  const [next, from] = await grown(source, buffer, at, start);
  return [next, from, 0, end - start];
}

/** Where a frame begins that holds a sample or one before it, near enough to go on from; found by halving. */
export async function seekFrame(
  source: ByteSource,
  dataOffset: number,
  blockSize: number,
  sample: number,
): Promise<number> {
  let low = dataOffset;
  let high = source.size;
  while (high - low > step) {
    const middle = Math.floor((low + high) / 2);
    const window = await source.read(middle, Math.min(step, high - middle));
    let found: { at: number; sample: number } | undefined;
    for (let i = 0; i < window.length - longestHeader && !found; i++) {
      const header = frameHeaderAt(window, i);
      if (header) found = { at: middle + i, sample: header.variable ? header.number : header.number * blockSize };
    }
    if (found && found.sample <= sample) low = found.at;
    else high = middle;
  }
  return low;
}
