import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { type Mp3Audio, type Mp3Frame, mp3FrameAt } from './mp3-frames';
import { endWithoutTags, id3Size } from './tags';

/** What is known of an MP3 file before it is decoded. */
export interface Mp3Header {
  readonly container: 'mp3';
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Samples per channel: only decoding tells. */
  readonly frames: 0;
  readonly audio: Mp3Audio;
}

/** Bytes read at a time: more than the longest frame, which has 2,881. */
const reach = 4096;

/** Tags, or so many bytes of zeros, in front of the first frame. */
const mostLooks = 64;

/**
 * The header of an MP3 file: that of its first frame.
 *
 * @param offset Where the file's tag ends; zeros and more tags may follow.
 * @throws {InputError} without a frame there, and when the file is shorter than it says.
 */
export async function readMp3Header(source: ByteSource, offset: number): Promise<Mp3Header> {
  const first = await firstFrame(source, offset);
  const head = await source.read(first, reach);
  const frame = mp3FrameAt(head, 0);
  if (!frame)
    throw new InputError(
      offset === 0
        ? 'MP3 audio without a frame'
        : 'a file with an ID3 tag in front, expected MP3 or FLAC audio behind it',
    );
  const stated = statedLength(head.subarray(0, frame.length), frame);
  const there = source.size - first;
  if (stated.bytes > there)
    throw new InputError(`truncated: its header promises ${stated.bytes} bytes of audio, ${there} are there`);
  const { sampleRate, channels, kind } = frame;
  const range = [first, await endWithoutTags(source)] as const;
  return { container: 'mp3', sampleRate, channels, frames: 0, audio: { range, kind, statedFrames: stated.frames } };
}

/** Behind zeros, which some programs leave where a tag was, and further tags. */
async function firstFrame(source: ByteSource, offset: number): Promise<number> {
  let at = offset;
  for (let looks = 0; looks < mostLooks && at < source.size; looks++) {
    const head = await source.read(at, reach);
    const sound = head.findIndex((byte) => byte !== 0);
    const zeros = sound < 0 ? head.length : sound;
    const tag = id3Size(head.subarray(zeros));
    at += zeros + tag;
    if (sound >= 0 && tag === 0) break;
  }
  return at;
}

/**
 * What the list in the first frame says about the whole file: Xing or Info, as LAME and FFmpeg write it, or VBRI, as
 * Fraunhofer's encoders do. 0 stands for what it does not say. Programs do not agree whether to count its own frame.
 */
function statedLength(frame: Buffer, { version, channels }: Mp3Frame): { frames: number; bytes: number } {
  const none = { frames: 0, bytes: 0 };
  if (frame.toString('latin1', 36, 40) === 'VBRI' && frame.length >= 54)
    return { bytes: frame.readUInt32BE(46), frames: frame.readUInt32BE(50) };
  // It stands where the sound of an empty frame would begin.
  const at = 4 + (version === 1 ? (channels === 2 ? 32 : 17) : channels === 2 ? 17 : 9);
  if (!/^(Xing|Info)$/.test(frame.toString('latin1', at, at + 4)) || frame.length < at + 16) return none;
  const flags = frame.readUInt32BE(at + 4);
  const frames = flags & 1 ? frame.readUInt32BE(at + 8) : 0;
  const bytes = flags & 2 ? frame.readUInt32BE(at + (flags & 1 ? 12 : 8)) : 0;
  return { frames, bytes };
}
