import { stat } from 'node:fs/promises';
import { InputError } from '@ser/files';
import { type AudioHeader, decodeBlocks, decodeByteBlocks, joined, type Span } from './decode';
import { resample } from './resample';

/** Hz, of every waveform that leaves this package. */
export const waveformRate = 16_000;

/**
 * Reads speech for a model: WAV (PCM of 8 to 32 bits, float, A-law, mu-law; RIFF, RIFX, RF64, BW64, EXTENSIBLE,
 * streamed), FLAC, MP3, Ogg Vorbis and Opus of any rate and channel count, downmixed to the mean of its channels and
 * resampled to 16 kHz.
 *
 * @param path The file.
 * @param span `start` and `end` in seconds; without them, all of it.
 * @returns [samples] mono, 16 kHz, full scale at ±1 (float files may go beyond).
 * @throws {InputError} naming the file and what was expected; never a part or a misreading of it.
 */
export async function readWaveform(path: string, span: Span = {}): Promise<Float32Array> {
  const isPart = span.start !== undefined || span.end !== undefined;
  return isPart && isLossy(path) ? cut(path, span) : decodeBlocks(path, span, toWaveform);
}

/** `readWaveform` of a file that is in memory. */
export async function readWaveformBytes(bytes: Uint8Array, span: Span = {}): Promise<Float32Array> {
  return decodeByteBlocks(bytes, span, toWaveform);
}

async function toWaveform({ sampleRate }: AudioHeader, blocks: AsyncIterable<Float32Array[]>): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const block of blocks) parts.push(downmix(block));
  return resample(joined(parts), sampleRate, waveformRate);
}

const isLossy = (path: string): boolean => /\.(mp3|ogg|oga|opus)$/i.test(path);

/** The last file of which parts were read, decoded: lossy formats cannot be entered in the middle to the sample. */
let last: { readonly key: string; readonly wave: Promise<Float32Array> } | undefined;

async function cut(path: string, { start = 0, end }: Span): Promise<Float32Array> {
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
  const key = `${size} ${mtimeMs} ${path}`;
  if (last?.key !== key) last = { key, wave: decodeBlocks(path, {}, toWaveform) };
  const wave = await last.wave;
  const seconds = wave.length / waveformRate;
  if (!(start >= 0) || start >= seconds || (end !== undefined && (!(end > start) || end > seconds + 0.05))) {
    throw new InputError(
      `${path}: no audio from ${start} s to ${end ?? 'the end'}: it is ${seconds.toFixed(3)} s long`,
    );
  }
  const first = Math.min(wave.length - 1, Math.round(start * waveformRate));
  return wave.slice(first, end === undefined ? undefined : Math.max(first + 1, Math.round(end * waveformRate)));
}

/** The mean of the channels. */
function downmix(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (!first) return new Float32Array(0);
  if (others.length === 0) return first;
  const mono = new Float32Array(first.length);
  for (let i = 0; i < mono.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i] ?? 0;
    mono[i] = sum / channels.length;
  }
  return mono;
}
