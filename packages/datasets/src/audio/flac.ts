import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { checkRate } from './wav-header';

/** What a FLAC file's STREAMINFO block says. */
export interface FlacHeader {
  readonly container: 'flac';
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Of a sample. */
  readonly bits: number;
  /** Samples per channel; 0 when the encoder did not know. */
  readonly frames: number;
  /** Where the first audio frame starts, in bytes. */
  readonly dataOffset: number;
}

/** @throws {InputError} saying what was expected. */
export async function readFlacHeader(source: ByteSource): Promise<FlacHeader> {
  let at = 4;
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
  const frames = (info.readUInt8(13) & 15) * 2 ** 32 + info.readUInt32BE(14);
  return { container: 'flac', channels, sampleRate, bits, frames, dataOffset: at };
}

/**
 * Samples of a FLAC file by channel, full scale at ±1.
 *
 * @throws {InputError} when frames are broken or missing: a decoded part is never passed off as the whole.
 */
export async function readFlacSamples(source: ByteSource, header: FlacHeader): Promise<Float32Array[]> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const file = await source.read(0, source.size);
  if (file.length <= header.dataOffset) throw new InputError('FLAC file without audio');
  // The library yields a frame when it meets the header of the next, which the last frame does not have: without a
  // copy of a frame header at the end it drops up to 4,096 samples.
  const first = file.subarray(header.dataOffset);
  const sentinel = Buffer.concat([first.subarray(0, frameHeaderLength(first)), Buffer.alloc(32)]);
  const decoder = new FLACDecoder();
  await decoder.ready;
  try {
    const { channelData, samplesDecoded, sampleRate, errors } = await decoder.decodeFile(
      Buffer.concat([file, sentinel]),
    );
    if (errors.length > 0) throw new InputError(`broken FLAC audio (${errors[0]?.message ?? 'unknown'})`);
    if (header.frames !== 0 && samplesDecoded !== header.frames) {
      throw new InputError(
        `broken or truncated FLAC audio: ${samplesDecoded} of ${header.frames} samples can be decoded`,
      );
    }
    if (samplesDecoded === 0) throw new InputError('no FLAC audio that can be decoded');
    if (sampleRate !== header.sampleRate || channelData.length !== header.channels) {
      throw new InputError('FLAC audio whose frames differ from its header in rate or channels');
    }
    // It divides by 2^(n-1) - 1, so that the most negative sample comes out below -1.
    const scale = 2 ** (header.bits - 1);
    for (const channel of channelData) {
      for (let i = 0; i < channel.length; i++) channel[i] = Math.round((channel[i] ?? 0) * (scale - 1)) / scale;
    }
    return channelData;
  } finally {
    decoder.free();
  }
}

/** Bytes of the frame header at the start: four, the coded frame number, block size and rate where they follow, a CRC. */
function frameHeaderLength(frame: Buffer): number {
  const sizeCode = (frame[2] ?? 0) >> 4;
  const rateCode = (frame[2] ?? 0) & 15;
  const number = Math.max(1, Math.clz32(~((frame[4] ?? 0) << 24)));
  return 4 + number + (sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0) + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0) + 1;
}
