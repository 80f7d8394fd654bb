import { drawTrainingNoise, type Encoder } from '@ser/frontend-wavlm';
import { biasCorrections } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import type { LossWeights } from '../training/loss-weights';
import type { Model, ModelInput, Signal } from '../model/model';
import { seeded } from '../random';
import type { LearningRates } from '../training/schedule';
import type { StepInput } from '../training/step';

/** What changes from step to step besides the batch. */
export interface Update {
  /** Number of the update, from 1; 0 measures the losses and does not learn (`forgetMoments` afterwards). */
  readonly count: number;
  readonly rates: LearningRates;
  readonly lossWeights: LossWeights;
  /** [classes] of `classWeights`, where classes are weighted. */
  readonly classWeights?: readonly number[] | undefined;
}

/** A batch, what the model reads of it, and an update as tensors. Dropout and noise are drawn from (seed, fold, count) and nothing else. */
export function stepInputs(
  config: Config,
  model: Model,
  fold: string,
  batch: BatchArrays,
  signal: Signal,
  update: Update,
): StepInput {
  const { count, rates, lossWeights, classWeights } = update;
  const { scale, floor } = biasCorrections(Math.max(1, count));
  const averaging = 1 - Math.min(config.emaDecay, (1 + count) / (10 + count));
  const dim = model.encoder.hiddenSize;
  return {
    ...signal,
    targets: tf.tensor2d(smoothed(batch.targets, model.classes, config.labelSmoothing), [batch.size, model.classes]),
    labels: tf.tensor1d(batch.labels, 'int32'),
    lambdas: tf.tensor1d(config.losses.map((loss) => lossWeights[loss] ?? 0)),
    ...(classWeights ? { classWeights: tf.tensor1d([...classWeights]) } : {}),
    rates: tf.tensor1d([rates.model, rates.centers, rates.encoder]),
    adam: tf.tensor1d([scale, floor, count > 0 ? averaging : 0]),
    ...(config.dropout > 0 ? { keep: dropoutMask(batch.size, dim, config, fold, count) } : {}),
    ...encoderNoise(config, model.encoder, fold, batch, count),
  };
}

/** Targets with a share of each spread evenly over the classes. */
function smoothed(targets: Float32Array, classes: number, share: number): Float32Array {
  return share === 0 ? targets : targets.map((target) => (1 - share) * target + share / classes);
}

function dropoutMask(rows: number, dim: number, config: Config, fold: string, count: number): tf.Tensor2D {
  const random = seeded(config.seed, 'dropout', fold, count);
  const kept = 1 / (1 - config.dropout);
  const values = Float32Array.from({ length: rows * dim }, () =>
    count === 0 ? 1 : random() < config.dropout ? 0 : kept,
  );
  return tf.tensor2d(values, [rows, dim]);
}

function encoderNoise(
  config: Config,
  encoder: Encoder,
  fold: string,
  batch: BatchArrays,
  count: number,
): Pick<ModelInput, 'timeMask' | 'keepLayers'> {
  const { specAugment, layerDrop } = config;
  if (!specAugment && layerDrop === 0) return {};
  const random = seeded(config.seed, 'noise', fold, count);
  const options = { random, timeProbability: specAugment ? 0.05 : 0, layerDrop };
  return drawTrainingNoise(encoder, [...batch.lengths], batch.samples, options);
}
