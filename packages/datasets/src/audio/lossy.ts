import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { checkRate } from './wav-header';

/** What is known of an MP3, Ogg Vorbis or Ogg Opus file before it is decoded. */
export interface LossyHeader {
  readonly container: 'mp3' | 'vorbis' | 'opus';
  readonly channels: number;
  /** Hz, of what is decoded: 48,000 for Opus. */
  readonly sampleRate: number;
  /** Samples per channel as the last page says; 0 where only decoding tells. */
  readonly frames: number;
}

/** Bytes read at a time. */
const step = 65_536;

/** The header of an Ogg file. @throws {InputError} for anything but Vorbis and Opus. */
export async function readOggHeader(source: ByteSource): Promise<LossyHeader> {
  const page = await source.read(0, 512);
  const packet = page.subarray(27 + (page[26] ?? 0));
  const last = await lastGranule(source);
  if (packet.toString('latin1', 0, 7) === '\x01vorbis' && packet.length >= 16) {
    const header = { channels: packet.readUInt8(11), sampleRate: packet.readUInt32LE(12) };
    return checked({ container: 'vorbis', ...header, frames: last });
  }
  if (packet.toString('latin1', 0, 8) === 'OpusHead' && packet.length >= 12) {
    const skip = packet.readUInt16LE(10);
    return checked({
      container: 'opus',
      channels: packet.readUInt8(9),
      sampleRate: 48_000,
      frames: Math.max(0, last - skip),
    });
  }
  throw new InputError('an Ogg file of neither Vorbis nor Opus audio');
}

function checked(header: LossyHeader): LossyHeader {
  checkRate(header.sampleRate);
  if (header.channels < 1 || header.channels > 8) throw new InputError(`${header.channels} channels, expected 1 to 8`);
  return header;
}

/** The position that the last page states: the length in samples. */
async function lastGranule(source: ByteSource): Promise<number> {
  const from = Math.max(0, source.size - step);
  const tail = await source.read(from, step);
  const at = tail.lastIndexOf('OggS');
  if (at < 0 || at + 14 > tail.length) throw new InputError('an Ogg file without its last page');
  const granule = tail.readBigInt64LE(at + 6);
  return granule > 0n && granule < 2n ** 48n ? Number(granule) : 0;
}

const rates = [44_100, 48_000, 32_000] as const;

/** The header of an MP3 file: that of its first frame. */
export async function readMp3Header(source: ByteSource, offset: number): Promise<LossyHeader> {
  const head = await source.read(offset, step);
  for (let i = 0; i + 4 <= head.length; i++) {
    const second = head[i + 1] ?? 0;
    if (head[i] !== 0xff || (second & 0xe0) !== 0xe0) continue;
    const version = (second >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
    const layer = (second >> 1) & 3;
    const third = head[i + 2] ?? 0;
    const rate = rates[(third >> 2) & 3];
    if (version === 1 || layer === 0 || third >> 4 === 15 || third >> 4 === 0 || rate === undefined) continue;
    const sampleRate = rate / (version === 3 ? 1 : version === 2 ? 2 : 4);
    return { container: 'mp3', sampleRate, channels: (head[i + 3] ?? 0) >> 6 === 3 ? 1 : 2, frames: 0 };
  }
  throw new InputError('MP3 audio without a frame');
}

interface Part {
  readonly channelData: Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
  readonly errors: readonly { readonly message: string }[];
}

interface Decoder {
  decode(bytes: Uint8Array): Part | Promise<Part>;
  flush?(): Promise<Part>;
  free(): void;
}

/**
 * Samples by channel in blocks, from the start of the file to its end.
 *
 * @throws {InputError} when the audio is broken.
 */
export async function* lossyBlocks(source: ByteSource, header: LossyHeader): AsyncGenerator<Float32Array[]> {
  const decoder = await open(header.container);
  try {
    let any = false;
    const usable = (part: Part): boolean => {
      const [error] = part.errors;
      if (error) throw new InputError(`broken ${header.container} audio (${error.message})`);
      if (part.samplesDecoded === 0) return false;
      if (part.sampleRate !== header.sampleRate)
        throw new InputError(`sample rate ${part.sampleRate} Hz within audio of ${header.sampleRate} Hz`);
      return (any = true);
    };
    for (let at = 0; at < source.size; at += step) {
      const part = await decoder.decode(await source.read(at, step));
      if (usable(part)) yield part.channelData;
    }
    const rest = await decoder.flush?.();
    if (rest && usable(rest)) yield rest.channelData;
    if (!any) throw new InputError(`no ${header.container} audio that can be decoded`);
  } finally {
    decoder.free();
  }
}

async function open(container: LossyHeader['container']): Promise<Decoder> {
  switch (container) {
    case 'mp3': {
      const { MPEGDecoder } = await import('mpg123-decoder');
      return ready(new MPEGDecoder());
    }
    case 'vorbis': {
      const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis');
      return ready(new OggVorbisDecoder());
    }
    case 'opus': {
      const { OggOpusDecoder } = await import('ogg-opus-decoder');
      return ready(new OggOpusDecoder());
    }
  }
}

async function ready<T extends { readonly ready: Promise<void> }>(decoder: T): Promise<T> {
  await decoder.ready;
  return decoder;
}
