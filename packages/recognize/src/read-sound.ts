import { readFile } from 'node:fs/promises';
import type { WaveFile } from 'wavefile';
import { InputError } from './input-error';
import { meanOf } from './mean-of';
import type { Sound } from './recognizer';

/**
 * Reads a WAV file in Node: the mean of its channels, full scale at ±1, resampled where its rate is another.
 * @throws {InputError} for what is no WAV file
 */
export async function readSound(sound: Exclude<Sound, Float32Array>, sampleRate: number): Promise<Float32Array> {
  const { WaveFile: Reader } = await import('wavefile');
  const [bytes, name] = await bytesOf(sound);
  try {
    const wav = new Reader(bytes);
    const mono = meanOf(channelsOf(wav));
    const { sampleRate: rate } = wav.fmt as { sampleRate: number };
    if (rate === sampleRate) return mono;
    const other = new Reader();
    other.fromScratch(1, rate, '32f', mono);
    other.toSampleRate(sampleRate);
    return channelsOf(other)[0] ?? mono;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: cannot be read (${reason}), expected a WAV file`);
  }
}

/** The library's own conversion to floating point divides what is positive by one less. */
function channelsOf(wav: WaveFile): Float32Array[] {
  if (wav.bitDepth === '8a') wav.fromALaw();
  if (wav.bitDepth === '8m') wav.fromMuLaw();
  if (wav.bitDepth === '4') wav.fromIMAADPCM();
  const samples: unknown = wav.getSamples(false, Float64Array);
  const channels = Array.isArray(samples) ? (samples as Float64Array[]) : [samples as Float64Array];
  const isFloat = wav.bitDepth === '32f' || wav.bitDepth === '64';
  const scale = isFloat ? 1 : 2 ** (1 - Number(wav.bitDepth));
  const zero = wav.bitDepth === '8' ? 128 : 0;
  return channels.map((channel) => Float32Array.from(channel, (x) => (x - zero) * scale));
}

async function bytesOf(sound: Exclude<Sound, Float32Array>): Promise<[Uint8Array, string]> {
  if (sound instanceof Uint8Array) return [sound, 'the sound'];
  if (sound instanceof ArrayBuffer) return [new Uint8Array(sound), 'the sound'];
  if (sound instanceof Blob) return [new Uint8Array(await sound.arrayBuffer()), 'the sound'];
  try {
    return [await readFile(sound), String(sound)];
  } catch (error) {
    throw new InputError(`${String(sound)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
