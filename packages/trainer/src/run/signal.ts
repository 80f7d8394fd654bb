import type { Encoder, FrozenLayers } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { sampleRate, type Source } from '../data/plan';
import type { Engine } from '../training/engine';
import type { FeatureInput, Signal } from '../model/model';
import { depthOf, openFeatureStore } from './feature-store';

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
 * Whether the encoder gives an utterance the same frames in every epoch: speed, SpecAugment and layer drop make all of them
 * new. Engines of tfjs run the encoder themselves: they are there to compare with, op by op, and mixed audio would wait for
 * another engine in every epoch.
 */
export function framesStay(config: Config, { provider }: Pick<Engine, 'provider'>): boolean {
  const pretrained = config.encoder !== 'logmel';
  const still = !config.specAugment && config.layerDrop === 0 && config.speed.every((factor) => factor === 1);
  return config.tune === 'frozen' && pretrained && still && provider !== undefined;
}

/**
 * Features of a frozen encoder, kept on disk: what is neither mixed nor cut is computed once, for all epochs, folds and
 * runs with this encoder and engine. An utterance's features do not depend on its batch, but for the last digits on a GPU
 * (see `openFeatureStore`). Encoders that must not see padding can therefore fill padded batches.
 */
export async function frozenSignals(
  config: Pick<Config, 'layer' | 'threads' | 'cacheLimit'>,
  engine: Pick<Engine, 'provider'>,
  encoder: Encoder,
  sources: readonly Source[],
  note: (line: string) => void,
): Promise<SignalSource> {
  const layers = storedLayers(config.layer);
  const depth = depthOf(layers, encoder);
  const lengths = sources.map(({ samples }) => samples);
  const { frozen, cacheDir, needed, fits } = await openFeatureStore(config, engine, encoder, layers, lengths);
  note(
    fits
      ? `the encoder is frozen: features of unmixed utterances are kept in ${cacheDir} (${gigabytes(needed)})`
      : `the encoder is frozen, but its features are not kept: ${gigabytes(needed)} are more than half of what is free in ${cacheDir}`,
  );
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

function storedLayers(layer: Config['layer']): FrozenLayers {
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
