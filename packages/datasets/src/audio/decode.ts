import { fileError, InputError, isInputError } from '@ser/files';
import { type ByteSource, bufferSource, withFile } from './byte-source';
import { type FlacHeader, readFlacHeader, readFlacSamples } from './flac';
import { readWavHeader, type WavHeader } from './wav-header';
import { readWavSamples } from './wav-samples';

/** Which part of a file, in seconds. */
export interface Span {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
}

/** Audio as it is in the file, not resampled. */
export interface DecodedAudio {
  /** Hz. */
  readonly sampleRate: number;
  /** One array a channel, full scale at ±1, no NaN and no infinity. */
  readonly channels: readonly Float32Array[];
}

/** What a file's header says. */
export type AudioHeader = WavHeader | FlacHeader;

/** The first bytes of files that people put where audio is expected. */
const otherFiles: readonly (readonly [RegExp, string])[] = [
  [/^OggS/, 'an Ogg file'],
  [/^ID3|^\xff[\xf2\xf3\xfa\xfb]/, 'an MP3 file'],
  [/^FORM/, 'an AIFF file'],
  [/^\.snd/, 'an AU file'],
  [/^NIST_1A/, 'a NIST SPHERE file'],
  [/^....ftyp/s, 'an MP4 file'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer (git lfs pull fetches the file)'],
  [/^\s*</, 'a web page or XML file'],
];

/** Reads the header of a WAV or FLAC file, recognised by its first bytes. */
async function readHeader(source: ByteSource): Promise<AudioHeader> {
  const magic = (await source.read(0, 32)).toString('latin1');
  if (/^(RIFF|RIFX|RF64)/.test(magic)) return readWavHeader(source);
  if (magic.startsWith('fLaC')) return readFlacHeader(source);
  const other = otherFiles.find(([pattern]) => pattern.test(magic))?.[1] ?? 'neither a WAV nor a FLAC file';
  throw new InputError(`${other}, expected WAV or FLAC audio`);
}

/**
 * Checks the header of a file, without decoding it.
 *
 * @throws {InputError} naming the file and what was expected.
 */
export function probeAudio(file: string, span: Span = {}): Promise<AudioHeader> {
  return named(file, () =>
    withFile(file, async (source) => {
      const header = await readHeader(source);
      if (header.frames > 0) frameRange(header, header.frames, span);
      return header;
    }),
  );
}

/**
 * Decodes a file, or a part of it.
 *
 * @throws {InputError} naming the file and what was expected.
 */
export function decodeFile(file: string, span: Span = {}): Promise<DecodedAudio> {
  return named(file, () => withFile(file, (source) => decodeSource(source, span)));
}

/** Decodes audio that is in memory. */
export function decodeBytes(bytes: Uint8Array, span: Span = {}): Promise<DecodedAudio> {
  return decodeSource(bufferSource(bytes), span);
}

async function decodeSource(source: ByteSource, span: Span): Promise<DecodedAudio> {
  const header = await readHeader(source);
  const channels =
    header.container === 'wav' ? await wavPart(source, header, span) : await flacPart(source, header, span);
  for (const channel of channels) {
    for (let i = 0; i < channel.length; i++) {
      const x = channel[i] ?? 0;
      // Infinity less itself is NaN, too.
      if (x - x !== 0) throw new InputError(`sample ${i} is ${x}, expected a number`);
    }
  }
  return { sampleRate: header.sampleRate, channels };
}

function wavPart(source: ByteSource, header: WavHeader, span: Span): Promise<Float32Array[]> {
  return readWavSamples(source, header, frameRange(header, header.frames, span));
}

async function flacPart(source: ByteSource, header: FlacHeader, span: Span): Promise<Float32Array[]> {
  const channels = await readFlacSamples(source, header);
  const [first, last] = frameRange(header, channels[0]?.length ?? 0, span);
  return channels.map((channel) => channel.subarray(first, last));
}

/** Seconds of a span, if the header knows how long the file is. */
export function spanSeconds({ frames, sampleRate }: AudioHeader, { start = 0, end }: Span): number | undefined {
  return frames === 0 ? undefined : Math.min(end ?? Infinity, frames / sampleRate) - start;
}

/** The frames of a span; an end up to 50 ms past the audio is taken as its end, because annotations are rounded. */
function frameRange(header: AudioHeader, frames: number, { start = 0, end }: Span): [number, number] {
  const seconds = frames / header.sampleRate;
  if (!(start >= 0) || start >= seconds || (end !== undefined && (!(end > start) || end > seconds + 0.05))) {
    throw new InputError(
      `no audio from ${start} s to ${end ?? 'the end'}${end === undefined ? '' : ' s'}: it is ${seconds.toFixed(3)} s long`,
    );
  }
  const first = Math.min(frames - 1, Math.round(start * header.sampleRate));
  const last = end === undefined ? frames : Math.min(frames, Math.round(end * header.sampleRate));
  return [first, Math.max(first + 1, last)];
}

async function named<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isInputError(error)) throw new InputError(`${file}: ${error.message}`, { cause: error });
    throw fileError(error, file);
  }
}
