import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as ort from '@ser/onnx-jit/onnxruntime';
import type { Encoder } from '../encoders/encoder';
import { exportEncoderWithData } from './export-encoder';
import { defaultCacheDir } from '../load/hub';
import { InputError } from '../input-error';
import { readSafetensors, writeSafetensors } from '../checkpoints/safetensors';
import { weightsHash } from './weights-hash';

/** Changes when features of the same weights and audio would come out differently. */
const VERSION = 'ser-features-1';

export interface FrozenOptions {
  /** Folder for models and features; SER_CACHE or ~/.cache/ser when absent. */
  cacheDir?: string;
  /** `last`: the last hidden state; `all`: the input of block 1 and every block's output; a number: that one of `all`. */
  layers?: 'last' | 'all' | number;
  /**
   * Most samples of one batch, padding included; 960,000 (a minute) when absent. 1 takes each waveform by itself: its
   * features are then the same to the last bit in whatever company it was extracted.
   */
  batchSamples?: number;
  /** Threads within an operator; ONNX Runtime's choice when absent. */
  threads?: number;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
}

export interface Features {
  /** [frames, features], or [layers + 1, frames, features]. */
  shape: readonly number[];
  data: Float32Array;
}

export interface ExtractOptions {
  /** Which waveforms will be asked for again: only their features are looked up in the cache and put there. All when absent. */
  keep?: readonly boolean[];
}

export interface FrozenEncoder {
  /**
   * Features of each waveform (16 kHz samples), without padding, in the given order. What is in the cache is read, the
   * rest is computed in batches of similar (or, where padding is not allowed, equal) length and put there.
   */
  extract(waves: readonly Float32Array[], options?: ExtractOptions): Promise<Features[]>;
  /** How many were read and how many computed so far. */
  readonly counts: Readonly<{ cached: number; computed: number }>;
  dispose(): Promise<void>;
}

/**
 * An encoder that is not trained: compiled once to ONNX (kept on disk) with its features cached on disk by a hash of
 * weights, preprocessing and audio. Safe with several processes: files appear whole, under names that say what they
 * hold. The encoder's variables are not needed afterwards.
 *
 * @throws InputError when a waveform is too short or too long for the encoder
 */
export async function createFrozenEncoder(encoder: Encoder, options: FrozenOptions = {}): Promise<FrozenEncoder> {
  const { cacheDir = defaultCacheDir(), layers = 'last', batchSamples = 960_000, onProgress } = options;
  const { minSamples, maxSamples = Infinity, batching } = encoder;
  if (typeof layers === 'number' && !(Number.isInteger(layers) && layers >= 0 && layers <= encoder.layerCount)) {
    throw new InputError(`layers: expected "last", "all" or 0 to ${encoder.layerCount}, found ${layers}`);
  }
  const weights = await weightsHash(encoder);
  const name = (outputs: string | number): string =>
    createHash('sha256').update(`${VERSION} ${outputs} ${weights}`).digest('hex');
  const identity = name(layers);
  const modelName = name(layers === 'last' ? 'last' : 'all');
  const model = join(cacheDir, 'onnx', `${modelName}.onnx`);
  const counts = { cached: 0, computed: 0 };
  let session: ort.InferenceSession | undefined;

  const open = async (): Promise<ort.InferenceSession> => {
    const dataFile = `${modelName}.weights`;
    const data = join(dirname(model), dataFile);
    if (!(await exists(model)) || !(await exists(data))) {
      const exported = exportEncoderWithData(encoder, dataFile, { layers: layers !== 'last' });
      // The model last: where it is, its weights are.
      await writeWhole(data, exported.data);
      await writeWhole(model, [exported.model]);
    }
    return ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    });
  };

  const featurePath = (wave: Float32Array): string => {
    const bytes = new Uint8Array(wave.buffer, wave.byteOffset, wave.byteLength);
    const key = createHash('sha256').update(identity).update(bytes).digest('hex');
    return join(cacheDir, 'features', key.slice(0, 2), `${key}.safetensors`);
  };

  async function compute(waves: readonly Float32Array[]): Promise<Features[]> {
    session ??= await open();
    const columns = Math.max(...waves.map((wave) => wave.length));
    const data = new Float32Array(waves.length * columns);
    waves.forEach((wave, i) => data.set(wave, i * columns));
    const results = await session.run({
      waves: new ort.Tensor('float32', data, [waves.length, columns]),
      lengths: new ort.Tensor(
        'int32',
        Int32Array.from(waves, (wave) => wave.length),
        [waves.length],
      ),
    });
    const output = results[layers === 'last' ? 'frames' : 'layers'];
    if (!output || !(output.data instanceof Float32Array)) throw new Error('ONNX Runtime delivered no frames');
    const values = output.data;
    const [features = 0, frames = 0] = [...output.dims].reverse();
    const wanted = layers === 'all' ? [...Array(output.dims[0]).keys()] : [layers === 'last' ? 0 : layers];
    const depth = wanted.length;
    return waves.map((wave, row) => {
      const own = encoder.frameCount(wave.length);
      const kept = new Float32Array(depth * own * features);
      for (const [i, layer] of wanted.entries()) {
        const start = (layer * waves.length + row) * frames * features;
        kept.set(values.subarray(start, start + own * features), i * own * features);
      }
      return { shape: layers === 'all' ? [depth, own, features] : [own, features], data: kept };
    });
  }

  async function extract(waves: readonly Float32Array[], { keep }: ExtractOptions = {}): Promise<Features[]> {
    const found = new Map<number, Features>();
    const paths = waves.map((wave, i) => ((keep?.[i] ?? true) ? featurePath(wave) : undefined));
    const missing: number[] = [];
    for (const [i, wave] of waves.entries()) {
      if (wave.length < minSamples || wave.length > maxSamples) {
        throw new InputError(`waveform ${i}: ${wave.length} samples; the encoder takes ${minSamples} to ${maxSamples}`);
      }
      const path = paths[i];
      const cached = path === undefined ? undefined : await readFeatures(path);
      if (cached) found.set(i, cached);
      else missing.push(i);
    }
    counts.cached += found.size;
    onProgress?.(found.size, waves.length);
    const lengthOf = (i: number): number => waves[i]?.length ?? 0;
    for (const batch of batches(missing, lengthOf, batchSamples, batching === 'equal-length')) {
      const features = await compute(batch.map((i) => waves[i] ?? new Float32Array()));
      for (const [k, i] of batch.entries()) {
        const one = features[k];
        if (!one) continue;
        found.set(i, one);
        const path = paths[i];
        if (path === undefined) continue;
        await mkdir(dirname(path), { recursive: true });
        await writeSafetensors(path, [['features', one]]);
      }
      counts.computed += batch.length;
      onProgress?.(found.size, waves.length);
    }
    return waves.map((_, i) => found.get(i) ?? { shape: [0], data: new Float32Array() });
  }

  return {
    extract,
    counts,
    dispose: async () => {
      await session?.release();
      session = undefined;
    },
  };
}

/** Indices in batches by length, longest first, so that what does not fit into memory shows at once. */
export function batches(
  indices: readonly number[],
  lengthOf: (i: number) => number,
  most: number,
  equal: boolean,
): number[][] {
  const sorted = [...indices].sort((a, b) => lengthOf(b) - lengthOf(a) || a - b);
  const groups: number[][] = [];
  for (const i of sorted) {
    const group = groups.at(-1);
    const longest = lengthOf(group?.[0] ?? i);
    // Padding costs time: a batch ends where a row would be less than three quarters full.
    const fits = equal ? lengthOf(i) === longest : lengthOf(i) * 4 >= longest * 3;
    if (group && fits && longest * (group.length + 1) <= most) group.push(i);
    else groups.push([i]);
  }
  return groups;
}

/** Features from a file; undefined when it is absent or damaged, so that they are computed again. */
async function readFeatures(path: string): Promise<Features | undefined> {
  if (!(await exists(path))) return undefined;
  try {
    const features = (await readSafetensors(path)).get('features');
    return features && { shape: features.shape, data: features.data };
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

async function writeWhole(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, pieces, { flush: true });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
