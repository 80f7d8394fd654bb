import { InputError, messageOf } from '@ser/files';
import type { ByteSource } from './byte-source';
import { withoutLibraryNoise } from './library-noise';
import type { Mp3Header } from './mp3';
import { mp3Frames } from './mp3-frames';
import type { OggHeader } from './ogg';
import { oggPages } from './ogg-pages';

/** What is known of an MP3, Ogg Vorbis or Ogg Opus file before it is decoded. */
export type LossyHeader = Mp3Header | OggHeader;

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
    const pieces = header.container === 'mp3' ? mp3Frames(source, header.audio) : oggPages(source);
    for await (const piece of pieces) {
      const part = await withoutLibraryNoise(() => decoder.decode(piece)).catch((error: unknown) => {
        // The libraries throw errors of their own kinds for what they cannot hold, such as a picture in a comment.
        throw new InputError(`${header.container} audio that its decoder cannot read (${messageOf(error)})`);
      });
      if (usable(part)) yield part.channelData;
    }
    const rest = await withoutLibraryNoise(() => decoder.flush?.());
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
