import { InputError, isInputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { emptyAudio } from './empty-audio';
import { type Frame, frameHeaderAt, framesFrom, seekFrame } from './flac-frames';
import { withoutLibraryNoise } from './library-noise';
import { checkRate } from './wav-header';

/** What a FLAC file's STREAMINFO block says. */
export interface FlacHeader {
  readonly container: 'flac';
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Of a sample. */
  readonly bits: number;
  /** Samples per channel; counted when the encoder did not know. */
  readonly frames: number;
  /** Where the first audio frame starts, in bytes. */
  readonly dataOffset: number;
}

/**
 * @param start Where the file's own marker is: behind an ID3 tag, in some files.
 * @throws {InputError} saying what was expected.
 */
export async function readFlacHeader(source: ByteSource, start = 0): Promise<FlacHeader> {
  let at = start + 4;
  let info: Buffer | undefined;
  for (;;) {
    const head = await source.read(at, 4);
    if (head.length < 4) throw new InputError('FLAC file that ends within its headers');
    const type = head.readUInt8(0) & 0x7f;
    const size = head.readUIntBE(1, 3);
    if (type === 0) {
      info = await source.read(at + 4, 34);
      if (size !== 34 || info.length < 34)
        throw new InputError(`FLAC file with a STREAMINFO block of ${size} bytes, expected 34`);
    }
    at += 4 + size;
    if (at > source.size) throw new InputError('FLAC file that ends within its headers');
    if ((head.readUInt8(0) & 0x80) !== 0) break;
  }
  if (!info) throw new InputError('FLAC file without a STREAMINFO block');
  const sampleRate = info.readUIntBE(10, 3) >> 4;
  checkRate(sampleRate);
  const channels = ((info.readUInt8(12) >> 1) & 7) + 1;
  const bits = (((info.readUInt8(12) & 1) << 4) | (info.readUInt8(13) >> 4)) + 1;
  if (bits > 24) throw new InputError(`FLAC audio of ${bits} bits, expected at most 24`);
  const stated = (info.readUInt8(13) & 15) * 2 ** 32 + info.readUInt32BE(14);
  const frames = stated > 0 ? stated : await countSamples(source, at);
  return { container: 'flac', channels, sampleRate, bits, frames, dataOffset: at };
}

/** Adds up what the headers of all frames say, without decoding one: a dozen bytes may stand for 65,535 samples. */
async function countSamples(source: ByteSource, dataOffset: number): Promise<number> {
  let samples = 0;
  for await (const { blockSize } of framesFrom(source, dataOffset, 0)) samples += blockSize;
  if (samples === 0) throw emptyAudio('FLAC file without audio');
  return samples;
}

/** Samples of all channels decoded at once: 8 MB. */
const batch = 2 ** 21;

/**
 * Samples of a stretch of a FLAC file by channel, full scale at ±1, in blocks. Only the frames of the stretch are read
 * and decoded, whatever the length of the file.
 *
 * @param range First and last sample (exclusive); Infinity for all there is.
 * @throws {InputError} when frames are broken or missing: a decoded part is never passed off as the whole.
 */
export async function* flacBlocks(
  source: ByteSource,
  header: FlacHeader,
  range: readonly [number, number],
): AsyncGenerator<Float32Array[]> {
  const head = frameHeaderAt(await source.read(header.dataOffset, 32), 0);
  if (!head) throw new InputError('FLAC file without audio');
  const from =
    range[0] === 0 ? header.dataOffset : await seekFrame(source, header.dataOffset, head.blockSize, range[0]);
  let begun = false;
  try {
    for await (const block of decodeFrom(source, header, head.blockSize, from, range)) {
      begun = true;
      yield block;
    }
  } catch (error) {
    // What looked like a header may have been sound: from the first frame on there is no doubt.
    if (begun || from === header.dataOffset || !isInputError(error)) throw error;
    yield* decodeFrom(source, header, head.blockSize, header.dataOffset, range);
  }
}

async function* decodeFrom(
  source: ByteSource,
  header: FlacHeader,
  blockSize: number,
  from: number,
  [first, last]: readonly [number, number],
): AsyncGenerator<Float32Array[]> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = new FLACDecoder();
  await decoder.ready;
  try {
    let position: number | undefined;
    let waiting: Frame[] = [];
    let samples = 0;
    const decode = async (): Promise<Float32Array[]> => {
      const start = waiting[0]?.sample ?? 0;
      const { channelData, samplesDecoded, errors, sampleRate } = await withoutLibraryNoise(() =>
        decoder.decodeFrames(waiting.map(({ bytes }) => bytes)),
      );
      if (errors.length > 0) throw new InputError(`broken FLAC audio (${errors[0]?.message ?? 'unknown'})`);
      if (samplesDecoded !== samples)
        throw new InputError(`broken FLAC audio: ${samplesDecoded} of ${samples} samples`);
      if (channelData.length !== header.channels || sampleRate !== header.sampleRate)
        throw new InputError('FLAC audio whose frames differ from its header in rate or channels');
      waiting = [];
      samples = 0;
      return channelData.map((channel) =>
        scaled(channel.subarray(Math.max(0, first - start), last - start), header.bits),
      );
    };
    for await (const frame of framesFrom(source, from, blockSize)) {
      if (position !== undefined && frame.sample !== position)
        throw new InputError(`broken FLAC audio: sample ${frame.sample} follows sample ${position - 1}`);
      if (position === undefined && frame.sample > first)
        throw new InputError('broken FLAC audio: its start is missing');
      position = frame.sample + frame.blockSize;
      if (position <= first) continue;
      waiting.push(frame);
      samples += frame.blockSize;
      if (position >= last) break;
      if (samples * header.channels >= batch) yield await decode();
    }
    if (waiting.length > 0) yield await decode();
    const wanted = Math.min(last, header.frames || Infinity);
    if (position === undefined || (wanted !== Infinity && position < wanted))
      throw new InputError(`broken or truncated FLAC audio: ${position ?? 0} of ${wanted} samples can be decoded`);
    if (last >= header.frames && header.frames > 0 && position > header.frames)
      throw new InputError(`broken FLAC audio: ${position} samples, its header says ${header.frames}`);
  } finally {
    decoder.free();
  }
}

/** The library divides by 2^(n-1) - 1, so that the most negative sample comes out below -1. */
function scaled(channel: Float32Array, bits: number): Float32Array {
  const scale = 2 ** (bits - 1);
  for (let i = 0; i < channel.length; i++) channel[i] = Math.round((channel[i] ?? 0) * (scale - 1)) / scale;
  return channel;
}
