import { decodeBytes, type DecodedAudio, decodeFile, type Span } from './decode';
import { resample } from './resample';

/** Hz, of every waveform that leaves this package. */
export const waveformRate = 16_000;

/**
 * Reads speech for a model: WAV (PCM of 8 to 32 bits, float, A-law, mu-law; RIFF, RIFX, RF64, EXTENSIBLE, streamed) or
 * FLAC of any rate and channel count, downmixed to the mean of its channels and resampled to 16 kHz.
 *
 * @param path The file.
 * @param span `start` and `end` in seconds; without them, all of it.
 * @returns [samples] mono, 16 kHz, full scale at ±1 (float files may go beyond).
 * @throws {InputError} naming the file and what was expected; never a part or a misreading of it.
 */
export async function readWaveform(path: string, span: Span = {}): Promise<Float32Array> {
  return toWaveform(await decodeFile(path, span));
}

/** `readWaveform` of a file that is in memory. */
export async function readWaveformBytes(bytes: Uint8Array, span: Span = {}): Promise<Float32Array> {
  return toWaveform(await decodeBytes(bytes, span));
}

async function toWaveform(audio: DecodedAudio): Promise<Float32Array> {
  return resample(downmix(audio.channels), audio.sampleRate, waveformRate);
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
