import { join } from 'node:path';
import { cacheFolder, InputError } from '@ser/files';
import type { Provider } from '@ser/onnx-jit';
import { checksumOf } from '../cache/checksum';
import { compiledEncoder } from '../cache/compiled-encoder';
import { openFeatureCache, type FeatureCache } from '../cache/feature-cache';
import type { Encoder } from '../encoders/encoder';
import { openEncoderSession } from './encoder-session';
import type { Features, FrozenLayers, FrozenPrecision } from './features';
import { lengthBatches } from './length-batches';
import { weightsHash } from './weights-hash';

/** Changes when features of the same weights and audio would come out differently, or be stored differently. */
const VERSION = 'ser-features-2';

export interface FrozenOptions {
  /** Folder for models and features; see `cacheFolder` of @ser/files when absent. */
  cacheDir?: string;
  /** Most bytes of features in the folder: what was not used for longest is removed. No limit when absent. */
  cacheLimit?: number;
  /**
   * Folder for the features of waveforms that `keep` leaves out, where several runs ask for the same ones; it belongs to
   * the caller, who removes it. They are kept nowhere when absent.
   */
  unkeptDir?: string;
  /** `last`: the last hidden state; `all`: the input of block 1 and every block's output; a number: that one of `all`. */
  layers?: FrozenLayers;
  /**
   * Where ONNX Runtime computes; `cpu` when absent. Features of one provider are not read by another: they differ in the
   * last digits, and what a run gives must not depend on what another run left in the cache.
   */
  provider?: Provider;
  /**
   * `float16` keeps matrices, and what lies between their products, in float16: half of the memory, and less time on a GPU
   * with such numbers; a CPU has no gain of it. Features are within 1e-2 of those of float32 and kept apart from them.
   * `float32` when absent.
   */
  precision?: FrozenPrecision;
  /**
   * Most samples of one batch, padding included; 960,000 (a minute) when absent. 1 takes each waveform by itself: its
   * features are then the same to the last bit, whatever else is extracted.
   */
  batchSamples?: number;
  /** Threads within an operator; ONNX Runtime's choice when absent. */
  threads?: number;
  /** Called after each batch. */
  onProgress?: (done: number, total: number) => void;
}

export interface ExtractOptions {
  /**
   * Which waveforms will be asked for again: their features are looked up in the cache and put there. Those of the others are
   * in `unkeptDir` or nowhere. All when absent.
   */
  keep?: readonly boolean[];
}

export interface FrozenEncoder {
  /**
   * Features of each waveform (16 kHz samples), without padding, in the given order. What is in the cache is read, the
   * rest is computed in batches of similar (or, where padding is not allowed, equal) length and put there.
   *
   * @throws {InputError} when a waveform is too short or too long for the encoder, or the cache cannot be written
   */
  extract(waves: readonly Float32Array[], options?: ExtractOptions): Promise<Features[]>;
  /** Compiles the encoder now: afterwards its variables may change without changing the features. */
  prepare(): Promise<void>;
  /** How many were read and how many computed so far. */
  readonly counts: Readonly<{ cached: number; computed: number }>;
  dispose(): Promise<void>;
}

/**
 * An encoder that is not trained: compiled to ONNX once, its features computed once for each waveform. Both are kept on
 * disk, under names made of weights, configuration, layer, provider, precision and audio, with checksums: what is damaged is made
 * anew. Several processes may share the folder.
 *
 * The encoder's variables must stay until the first features were computed, or until `prepare` has ended.
 *
 * @throws {InputError} when there is no such layer
 */
export async function createFrozenEncoder(encoder: Encoder, options: FrozenOptions = {}): Promise<FrozenEncoder> {
  const { cacheDir = cacheFolder(), layers = 'last', provider = 'cpu', precision = 'float32' } = options;
  const { batchSamples = 960_000, threads } = options;
  checkLayers(layers, encoder);
  const weights = await weightsHash(encoder);
  const numbers = precision === 'float32' ? '' : ` ${precision}`;
  const products = isFull(provider) ? ' without TF32' : '';
  const maker = checksumOf(`${VERSION} ${layers} ${provider} ${weights}${numbers}${products}`);
  const cache = openFeatureCache(join(cacheDir, 'features'), maker, options.cacheLimit);
  const unkept =
    options.unkeptDir === undefined ? undefined : openFeatureCache(options.unkeptDir, maker, options.cacheLimit);
  // A model for WebGPU has other operators; one for the CPU serves CUDA, too.
  const lowered = provider === 'webgpu' ? 'webgpu' : 'cpu';
  const session = once(async () => {
    const content = `${VERSION} ${layers === 'last' ? 'last' : 'all'} ${weights}${numbers}`;
    const name = checksumOf(lowered === 'cpu' ? content : `${content} ${lowered}`);
    const how = { layers: layers !== 'last', provider: lowered, precision } as const;
    const model = await compiledEncoder(encoder, join(cacheDir, 'onnx'), name, how);
    return openEncoderSession(model, encoder, layers, { provider, threads });
  });
  const counts = { cached: 0, computed: 0 };

  return {
    counts,
    prepare: async () => void (await session.get()),
    extract: async (waves, { keep } = {}) => {
      checkLengths(waves, encoder);
      const cacheOf = (i: number): FeatureCache | undefined => ((keep?.[i] ?? true) ? cache : unkept);
      const found = await readKept(waves, cacheOf, (wave) => shapeOf(wave, encoder, layers));
      counts.cached += found.size;
      options.onProgress?.(found.size, waves.length);
      const missing = waves.map((_, i) => i).filter((i) => !found.has(i));
      const waveOf = (i: number): Float32Array => waves[i] ?? new Float32Array();
      const isEqual = encoder.batching === 'equal-length';
      for (const batch of lengthBatches(missing, (i) => waveOf(i).length, batchSamples, isEqual)) {
        const computed = await (await session.get()).run(batch.map(waveOf));
        for (const [k, i] of batch.entries()) {
          const features = computed[k] ?? { shape: [0], data: new Float32Array() };
          found.set(i, features);
          await cacheOf(i)?.write(waveOf(i), features);
        }
        counts.computed += batch.length;
        options.onProgress?.(found.size, waves.length);
      }
      return waves.map((_, i) => found.get(i) ?? { shape: [0], data: new Float32Array() });
    },
    dispose: async () => (await session.taken())?.release(),
  };
}

/** Whether CUDA's products are kept from TF32, which is what its features usually come from. */
const isFull = (provider: Provider): boolean => provider === 'cuda' && process.env['NVIDIA_TF32_OVERRIDE'] === '0';

function checkLayers(layers: FrozenLayers, { layerCount }: Encoder): void {
  if (typeof layers === 'string' || (Number.isInteger(layers) && layers >= 0 && layers <= layerCount)) return;
  throw new InputError(`layers: expected "last", "all" or 0 to ${layerCount}, found ${layers}`);
}

function checkLengths(waves: readonly Float32Array[], { minSamples, maxSamples = Infinity }: Encoder): void {
  for (const [i, { length }] of waves.entries()) {
    if (length >= minSamples && length <= maxSamples) continue;
    throw new InputError(`waveform ${i}: ${length} samples; the encoder takes ${minSamples} to ${maxSamples}`);
  }
}

/** The shape of a waveform's features. */
function shapeOf(wave: Float32Array, { frameCount, hiddenSize, layerCount }: Encoder, layers: FrozenLayers): number[] {
  const one = [frameCount(wave.length), hiddenSize];
  return layers === 'all' ? [layerCount + 1, ...one] : one;
}

/** What the caches hold, by the waveforms' indices. */
async function readKept(
  waves: readonly Float32Array[],
  cacheOf: (i: number) => FeatureCache | undefined,
  shapeOf: (wave: Float32Array) => readonly number[],
): Promise<Map<number, Features>> {
  const found = new Map<number, Features>();
  for (const [i, wave] of waves.entries()) {
    const features = await cacheOf(i)?.read(wave, shapeOf(wave));
    if (features) found.set(i, features);
  }
  return found;
}

/** A value that is made when it is first asked for; made again by the next call when that failed. */
function once<T>(make: () => Promise<T>) {
  let made: Promise<T> | undefined;
  return {
    get: (): Promise<T> =>
      (made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      })),
    /** What was made, which is forgotten. */
    taken: async (): Promise<T | undefined> => {
      const last = made;
      made = undefined;
      return last;
    },
  };
}
