import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { id3Size } from './tags';

/** What the four bytes in front of an MPEG audio frame say. */
export interface Mp3Frame {
  /** In bytes, with these four. */
  readonly length: number;
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** 1 for MPEG-1, 2 for the versions with half or a quarter of its rates. */
  readonly version: 1 | 2;
  /** Equal in frames of one stream: version, layer and rate. */
  readonly kind: number;
}

/** Where the frames of a file are, and what a list at their front says about them. */
export interface Mp3Audio {
  /** First and last byte (exclusive), without tags. */
  readonly range: readonly [number, number];
  /** Of every frame. */
  readonly kind: number;
  /** Frames that should be there; 0 when the file does not say. */
  readonly statedFrames: number;
}

const rates = [44_100, 48_000, 32_000] as const;

/** Kilobits a second by layer, for MPEG-1 and then the others; 0 is "free" and is not read. */
const bitrates = [
  [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
] as const;

/** The frame whose header is at a place of a buffer, if one is. */
export function mp3FrameAt(buffer: Buffer, at: number): Mp3Frame | undefined {
  if (at + 4 > buffer.length || buffer[at] !== 0xff) return undefined;
  const second = buffer.readUInt8(at + 1);
  const third = buffer.readUInt8(at + 2);
  const bits = (second >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = 4 - ((second >> 1) & 3);
  const rate = rates[(third >> 2) & 3];
  if (second < 0xe0 || bits === 1 || layer === 4 || rate === undefined) return undefined;
  const version = bits === 3 ? 1 : 2;
  const bitrate = 1000 * (bitrates[version - 1]?.[layer - 1]?.[third >> 4] ?? 0);
  if (bitrate === 0) return undefined;
  const sampleRate = rate / (bits === 3 ? 1 : bits === 2 ? 2 : 4);
  const padding = (third >> 1) & 1;
  const length =
    layer === 1
      ? 4 * (Math.floor((12 * bitrate) / sampleRate) + padding)
      : Math.floor(((layer === 3 && version === 2 ? 72 : 144) * bitrate) / sampleRate) + padding;
  const channels = buffer.readUInt8(at + 3) >> 6 === 3 ? 1 : 2;
  return { length, sampleRate, channels, version, kind: ((second & 0x1e) << 8) | (third & 0x0c) };
}

/** Some writers fill up a sector with zeros. More of them are sound that was never written. */
const mostZeros = 2048;

/** Bytes read at a time: many frames. */
const step = 65_536;

/**
 * The bytes of the frames of an MP3 file in order, some whole frames at a time. The decoder looks for the next frame
 * where one is damaged and passes over the rest, so everything is checked before it goes to it: frames follow each other
 * without a gap, the last one is whole, and there are as many as the file says. Damage inside a frame is not seen: it
 * has no checksum.
 *
 * @throws {InputError} when something is missing or damaged.
 */
export async function* mp3Frames(
  source: ByteSource,
  { range: [first, end], kind, statedFrames }: Mp3Audio,
): AsyncGenerator<Buffer> {
  let frames = 0;
  for (let at = first; at < end;) {
    const block = await source.read(at, Math.min(step, end - at));
    let used = 0;
    for (;;) {
      const frame = mp3FrameAt(block, used);
      if (frame?.kind !== kind || used + frame.length > block.length) break;
      used += frame.length;
      frames++;
    }
    if (used > 0) yield block.subarray(0, used);
    else if (mp3FrameAt(block, 0)?.kind === kind)
      throw new InputError(`truncated: the MP3 frame at byte ${at} is not whole`);
    else if (end - at <= mostZeros && block.every((byte) => byte === 0)) break;
    // Files that were put one after the other have their tags in between.
    else if ((used = id3Size(block)) === 0) throw new InputError(`no MP3 frame at byte ${at}, expected one: damaged`);
    at += used;
  }
  if (frames < statedFrames) throw new InputError(`truncated: ${frames} MP3 frames, its header states ${statedFrames}`);
}
