import type { Encoder, FrozenLayers } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { sampleRate, type Source } from '../data/plan';
import type { Engine } from '../training/engine';
import { highestFrozen, isSum, type FeatureInput, type Signal } from '../model/model';
import { depthOf, openFeatureStore, type MixedFeatures } from './feature-store';

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

/** What a model reads of batches: stored features where they stay the same, or else the waveforms. */
export async function openSignals(
  config: Config,
  engine: Pick<Engine, 'provider'>,
  encoder: Encoder,
  sources: readonly Source[],
  note: (line: string) => void,
  mixed?: MixedFeatures,
): Promise<SignalSource> {
  if (!framesStay(config, engine, encoder)) return waveSignals(encoder);
  return frozenSignals(config, engine, encoder, sources, note, mixed);
}

/**
 * Whether the part of the encoder that does not learn gives an utterance the same frames in every epoch: speed, SpecAugment
 * and layer drop make all of them new. Engines of tfjs run the encoder themselves: they are there to compare with, op by
 * op, and mixed audio would wait for another engine in every epoch.
 */
export function framesStay(
  config: Config,
  { provider }: Pick<Engine, 'provider'>,
  encoder: Pick<Encoder, 'layerCount' | 'resume'>,
): boolean {
  const { layer, tune } = config;
  const pretrained = config.encoder !== 'logmel';
  const from = highestFrozen(tune, encoder);
  const readAbove = isSum(layer) || layer === 'last' || Number(layer) > from;
  const isKept = tune === 'frozen' || (from >= 0 && readAbove && encoder.resume !== undefined);
  const still = !config.specAugment && config.layerDrop === 0 && config.speed.every((factor) => factor === 1);
  return isKept && pretrained && still && provider !== undefined;
}

/**
 * Features of a frozen encoder, or of its blocks below those that learn, kept on disk: what is neither mixed nor cut is
 * computed once, for all epochs, folds and runs with this encoder and engine. An utterance's features do not depend on its
 * batch, but for the last digits on a GPU (see `openFeatureStore`). Encoders that must not see padding can therefore fill
 * padded batches.
 * @param mixed where the features of what is mixed or cut are kept, if runs that mix the same way read them too
 */
export async function frozenSignals(
  config: Pick<Config, 'layer' | 'tune' | 'threads' | 'cacheLimit' | 'precision'>,
  engine: Pick<Engine, 'provider'>,
  encoder: Encoder,
  sources: readonly Source[],
  note: (line: string) => void,
  mixed?: MixedFeatures,
): Promise<SignalSource> {
  const from = highestFrozen(config.tune, encoder);
  const layers = storedLayers(config, from);
  const stored = depthOf(layers, encoder);
  const depth = Math.min(stored, from + 1);
  const lengths = sources.map(({ samples }) => samples);
  const { frozen, cacheDir, needed, fits } = await openFeatureStore(config, engine, encoder, layers, lengths, mixed);
  // The blocks that learn must not get into it.
  if (config.tune !== 'frozen') await frozen.prepare();
  const what =
    config.tune === 'frozen' ? 'the encoder is frozen' : `${from} of ${encoder.layerCount} blocks are frozen`;
  note(
    fits
      ? `${what}: features of unmixed utterances are kept in ${cacheDir} (${gigabytes(needed)})`
      : `${what}, but their features are not kept: ${gigabytes(needed)} are more than half of what is free in ${cacheDir}`,
  );
  return {
    batching: 'padded',
    async read(batch) {
      const { waves, lengths, samples, whole } = batch;
      const own = batch.ids.map((_, row) => waves.subarray(row * samples, row * samples + (lengths[row] ?? 0)));
      const features = await frozen.extract(own, { keep: own.map((_, row) => fits && whole[row] === true) });
      return padFeatures(features, stored, [depth, batch.size, encoder.frameCount(samples), encoder.hiddenSize]);
    },
    batchBytes: (rows, seconds) =>
      4 * rows * depth * encoder.frameCount(Math.round(seconds * sampleRate)) * encoder.hiddenSize,
    dispose: () => frozen.dispose(),
  };
}

function storedLayers({ layer, tune }: Pick<Config, 'layer' | 'tune'>, from: number): FrozenLayers {
  if (isSum(layer)) return 'all';
  if (tune !== 'frozen') return from;
  return layer === 'last' ? 'last' : Number(layer);
}

/**
 * The lowest `depth` of the stored layers, rows of different lengths as one tensor; surplus rows repeat the first one, as in
 * the batch itself.
 */
function padFeatures(
  features: readonly { data: Float32Array }[],
  stored: number,
  [depth, rows, frames, dim]: readonly [layers: number, rows: number, frames: number, features: number],
): FeatureInput {
  const padded = new Float32Array(depth * rows * frames * dim);
  const mask = new Float32Array(rows * frames);
  for (let row = 0; row < rows; row++) {
    const { data } = features[row] ?? features[0] ?? { data: new Float32Array() };
    const stride = data.length / stored;
    for (let layer = 0; layer < depth; layer++) {
      padded.set(data.subarray(layer * stride, (layer + 1) * stride), (layer * rows + row) * frames * dim);
    }
    mask.fill(1, row * frames, row * frames + stride / dim);
  }
  return { features: tf.tensor4d(padded, [depth, rows, frames, dim]), mask: tf.tensor2d(mask, [rows, frames]) };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
