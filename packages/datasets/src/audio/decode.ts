import { fileError, InputError, isInputError } from '@ser/files';
import { type ByteSource, bufferSource, withFile } from './byte-source';
import { flacBlocks, type FlacHeader, readFlacHeader } from './flac';
import { lossyBlocks, type LossyHeader } from './lossy';
import { readMp3Header } from './mp3';
import { readOggHeader } from './ogg';
import { readAiffHeader } from './aiff-header';
import { id3Size } from './tags';
import { readWave64Header } from './wave64-header';
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
export type AudioHeader = WavHeader | FlacHeader | LossyHeader;

/** The first bytes of files that people put where audio is expected. */
const otherFiles: readonly (readonly [RegExp, string])[] = [
  [/^\xff[\xf0\xf1\xf8\xf9]/, 'an AAC file'],
  [/^\.snd/, 'an AU file'],
  [/^NIST_1A/, 'a NIST SPHERE file'],
  [/^....ftyp/s, 'an MP4 file'],
  [/^PK\x03\x04/, 'a zip archive'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer (git lfs pull fetches the file)'],
  [/^\s*</, 'a web page or XML file'],
];

/** Reads the header of an audio file, recognised by its first bytes. */
async function readHeader(source: ByteSource): Promise<AudioHeader> {
  const head = await source.read(0, 32);
  const magic = head.toString('latin1');
  if (/^(RIFF|RIFX|RF64|BW64)/.test(magic)) return readWavHeader(source);
  if (/^riff\x2e\x91/.test(magic)) return readWave64Header(source);
  if (magic.startsWith('FORM')) return readAiffHeader(source);
  if (magic.startsWith('fLaC')) return readFlacHeader(source);
  if (magic.startsWith('OggS')) return readOggHeader(source);
  if (magic.startsWith('ID3')) {
    // Some programs put one before FLAC, too.
    const size = id3Size(head);
    const isFlac = (await source.read(size, 4)).toString('latin1') === 'fLaC';
    return isFlac ? readFlacHeader(source, size) : readMp3Header(source, size);
  }
  if (/^\xff[\xe2-\xe7\xf2-\xf7\xfa-\xfd]/.test(magic)) return readMp3Header(source, 0);
  const other = otherFiles.find(([pattern]) => pattern.test(magic))?.[1] ?? 'no audio file of a known kind';
  throw new InputError(
    `${other}, expected WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus audio; other formats have to be converted first`,
  );
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

/** Decodes a file, or a part of it, and hands it over block by block, so that no more than a block is in memory. */
export function decodeBlocks<T>(
  file: string,
  span: Span,
  use: (header: AudioHeader, blocks: AsyncIterable<Float32Array[]>) => Promise<T>,
): Promise<T> {
  return named(file, () =>
    withFile(file, async (source) => {
      const header = await readHeader(source);
      return use(header, blocksOf(source, header, span));
    }),
  );
}

/** The same for audio that is in memory. */
export async function decodeByteBlocks<T>(
  bytes: Uint8Array,
  span: Span,
  use: (header: AudioHeader, blocks: AsyncIterable<Float32Array[]>) => Promise<T>,
): Promise<T> {
  const source = bufferSource(bytes);
  const header = await readHeader(source);
  return use(header, blocksOf(source, header, span));
}

async function decodeSource(source: ByteSource, span: Span): Promise<DecodedAudio> {
  const header = await readHeader(source);
  const parts: Float32Array[][] = Array.from({ length: header.channels }, () => []);
  let samples = 0;
  for await (const block of blocksOf(source, header, span)) {
    samples += (block[0]?.length ?? 0) * block.length;
    if (samples > mostSamples) throw tooLong(header);
    for (const [c, channel] of block.entries()) parts[c]?.push(channel);
  }
  return { sampleRate: header.sampleRate, channels: parts.map(joined) };
}

/** More in one piece is refused before memory follows it: a gigabyte of one channel, 4.6 hours at 16 kHz. */
const mostSamples = 2 ** 28;
/** Louder than anything that was recorded: a file of another kind of number, or of another byte order. */
const mostSize = 1000;
/** Frames of WAV audio read at once. */
const wavBlock = 2 ** 18;

function tooLong({ sampleRate }: AudioHeader): InputError {
  const hours = (mostSamples / sampleRate / 3600).toFixed(1);
  return new InputError(
    `more than ${hours} hours of audio at ${sampleRate} Hz in one piece; expected less, or start and end`,
  );
}

/** The samples of a span by channel, checked, in blocks. */
async function* blocksOf(source: ByteSource, header: AudioHeader, span: Span): AsyncGenerator<Float32Array[]> {
  const range = header.frames > 0 ? frameRange(header, header.frames, span) : openRange(header, span);
  if (range[1] !== Infinity && range[1] - range[0] > mostSamples) throw tooLong(header);
  let done = 0;
  for await (const block of rawBlocks(source, header, range)) {
    const length = block[0]?.length ?? 0;
    if (length === 0) continue;
    for (const channel of block) assertNumbers(channel, done);
    done += length;
    if (done > mostSamples) throw tooLong(header);
    yield block;
  }
  if (
    done === 0 ||
    (span.end !== undefined && header.frames === 0 && done < range[1] - range[0] - 0.05 * header.sampleRate)
  ) {
    const seconds = ((header.frames === 0 ? range[0] + done : header.frames) / header.sampleRate).toFixed(3);
    throw new InputError(
      `no audio from ${span.start ?? 0} s to ${span.end ?? 'the end'}: it is ${seconds} s long at most`,
    );
  }
}

function assertNumbers(channel: Float32Array, before: number): void {
  for (let i = 0; i < channel.length; i++) {
    const x = channel[i] ?? 0;
    // A comparison with NaN is false, too.
    if (!(x <= mostSize && x >= -mostSize)) {
      throw new InputError(`sample ${before + i} is ${x}, expected a number of about 1 at most`);
    }
  }
}

async function* rawBlocks(
  source: ByteSource,
  header: AudioHeader,
  [first, last]: readonly [number, number],
): AsyncGenerator<Float32Array[]> {
  switch (header.container) {
    case 'wav':
    case 'wave64':
    case 'aiff':
      for (let at = first; at < last; at += wavBlock)
        yield await readWavSamples(source, header, [at, Math.min(last, at + wavBlock)]);
      return;
    case 'flac':
      yield* flacBlocks(source, header, [first, last]);
      return;
    default: {
      let at = 0;
      for await (const block of lossyBlocks(source, header)) {
        const length = block[0]?.length ?? 0;
        if (at + length > first) {
          yield block.map((channel) => channel.slice(Math.max(0, first - at), Math.max(0, last - at)));
        }
        at += length;
        // What goes to the end is read to the end, where it may be damaged, even if the last samples do not count.
        if (at >= last && last !== header.frames) return;
      }
    }
  }
}

/** Parts one after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The frames of a span of audio whose length only decoding tells. */
function openRange({ sampleRate }: AudioHeader, { start = 0, end }: Span): [number, number] {
  if (!(start >= 0) || (end !== undefined && !(end > start)))
    throw new InputError(`no audio from ${start} s to ${end ?? 'the end'}`);
  return [Math.round(start * sampleRate), end === undefined ? Infinity : Math.round(end * sampleRate)];
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
