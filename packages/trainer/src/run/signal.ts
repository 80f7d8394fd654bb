import { cacheFolder } from '@ser/files';
import { cacheSpace, createFrozenEncoder, type Encoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { sampleRate, type Source } from '../data/plan';
import type { Engine } from '../training/engine';
import type { FeatureInput, Signal } from '../model/model';

/** Where the model's view of a batch comes from: the waveforms themselves, or what a frozen encoder makes of them. */
export interface SignalSource {
  /** Whether batches may be padded; see `Encoder.batching`. */
  readonly batching: Encoder['batching'];
  read(batch: BatchArrays): Promise<Signal>;
  /** Memory of what is read of a batch. */
  batchBytes(rows: number, seconds: number): number;
  dispose(): Promise<void>;
}

/** Waveforms; the encoder is part of the compiled step. */
export function waveSignals({ batching }: Encoder): SignalSource {
  const read = ({ waves, lengths, size, samples }: BatchArrays): Promise<Signal> =>
    Promise.resolve({ waves: tf.tensor2d(waves, [size, samples]), lengths: tf.tensor1d(lengths, 'int32') });
  const batchBytes = (rows: number, seconds: number): number => 4 * rows * seconds * sampleRate;
  return { batching, read, batchBytes, dispose: () => Promise.resolve() };
}

/**
 * Whether the encoder gives an utterance the same frames in every epoch. A GPU is better off with the encoder inside the
 * step; speed, SpecAugment and layer drop make every epoch's frames new.
 */
export function framesStay(config: Config, engine: Engine): boolean {
  const pretrained = config.encoder !== 'logmel';
  const still = !config.specAugment && config.layerDrop === 0 && config.speed.every((factor) => factor === 1);
  return config.tune === 'frozen' && pretrained && still && engine.name === 'onnx-cpu';
}

/**
 * Features of a frozen encoder, kept on disk: what is neither mixed nor cut is computed once, for all epochs, folds and
 * runs with this encoder. Every utterance is encoded alone, so that its features do not depend on the other utterances of
 * its batch. Encoders that must not see padding can therefore fill padded batches.
 */
export async function frozenSignals(
  config: Pick<Config, 'layer' | 'threads' | 'cacheLimit'>,
  encoder: Encoder,
  sources: readonly Source[],
  note: (line: string) => void,
): Promise<SignalSource> {
  const cacheDir = cacheFolder();
  const layers = storedLayers(config.layer);
  const depth = layers === 'all' ? encoder.layerCount + 1 : 1;
  const lengths = sources.map(({ samples }) => samples);
  const { needed, fits } = await cachePlace(cacheDir, encoder, lengths, depth);
  note(
    fits
      ? `the encoder is frozen: features of unmixed utterances are kept in ${cacheDir} (${gigabytes(needed)})`
      : `the encoder is frozen, but its features are not kept: ${gigabytes(needed)} are more than half of what is free in ${cacheDir}`,
  );
  const frozen = await createFrozenEncoder(encoder, {
    cacheDir,
    layers,
    batchSamples: 1,
    ...cacheLimit(config),
    ...(config.threads > 0 ? { threads: config.threads } : {}),
  });
  return {
    batching: 'padded',
    async read(batch) {
      const { waves, lengths, samples, whole } = batch;
      const own = batch.ids.map((_, row) => waves.subarray(row * samples, row * samples + (lengths[row] ?? 0)));
      const features = await frozen.extract(own, { keep: own.map((_, row) => fits && whole[row] === true) });
      return padFeatures(features, batch.size, encoder.frameCount(samples), depth, encoder.hiddenSize);
    },
    batchBytes: (rows, seconds) =>
      4 * rows * depth * encoder.frameCount(Math.round(seconds * sampleRate)) * encoder.hiddenSize,
    dispose: () => frozen.dispose(),
  };
}

/** Bytes of the features of waveforms in `depth` layers, and whether they fit into half of what is free for the cache. */
export async function cachePlace(
  cacheDir: string,
  encoder: Encoder,
  samples: readonly number[],
  depth: number,
): Promise<{ needed: number; fits: boolean }> {
  const frames = samples.reduce((sum, count) => sum + encoder.frameCount(count), 0);
  const needed = 4 * frames * depth * encoder.hiddenSize;
  return { needed, fits: needed <= (await cacheSpace(cacheDir)) / 2 };
}

/** The setting in bytes. */
export function cacheLimit(config: Pick<Config, 'cacheLimit'>): { cacheLimit?: number } {
  return config.cacheLimit > 0 ? { cacheLimit: config.cacheLimit * 1e9 } : {};
}

function storedLayers(layer: Config['layer']): 'last' | 'all' | number {
  if (layer === 'last') return 'last';
  return layer === 'weighted' || layer === 'blocks' ? 'all' : Number(layer);
}

/** Rows of different lengths as one tensor; surplus rows repeat the first one, as in the batch itself. */
function padFeatures(
  features: readonly { data: Float32Array }[],
  rows: number,
  frames: number,
  depth: number,
  dim: number,
): FeatureInput {
  const padded = new Float32Array(depth * rows * frames * dim);
  const mask = new Float32Array(rows * frames);
  for (let row = 0; row < rows; row++) {
    const { data } = features[row] ?? features[0] ?? { data: new Float32Array() };
    const stride = data.length / depth;
    for (let layer = 0; layer < depth; layer++) {
      padded.set(data.subarray(layer * stride, (layer + 1) * stride), (layer * rows + row) * frames * dim);
    }
    mask.fill(1, row * frames, row * frames + stride / dim);
  }
  return { features: tf.tensor4d(padded, [depth, rows, frames, dim]), mask: tf.tensor2d(mask, [rows, frames]) };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
