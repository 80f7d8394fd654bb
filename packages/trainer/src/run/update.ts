import { InputError } from '@ser/files';
import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import type { OpenFold } from './open-fold';
import { stepInputs, type Update } from './step-inputs';

/** What one update gave. */
export interface StepLosses {
  /** Eq. 11. */
  readonly total: number;
  /** In the order of `config.losses`. */
  readonly raw: readonly number[];
}

/**
 * One update of the model on a batch.
 * @throws {InputError} naming the utterances of the batch, when a loss is not finite
 */
export async function updateOn(
  { job, model, step, signals }: OpenFold,
  batch: BatchArrays,
  epoch: number,
  how: Update,
): Promise<StepLosses> {
  const inputs = stepInputs(job.config, model, job.fold.name, batch, await signals.read(batch), how);
  const out = await step(inputs);
  const [total, raw] = await Promise.all([out.total.data(), out.raw.data()]);
  const losses = { total: total[0] ?? NaN, raw: [...raw] };
  tf.dispose([inputs, out]);
  if ([losses.total, ...losses.raw].every(Number.isFinite)) return losses;
  const parts = job.config.losses.map((loss, i) => `${loss} ${losses.raw[i]}`);
  throw new InputError(
    `fold ${job.fold.index}, epoch ${epoch}, step ${how.count}: the loss is ${losses.total} (${parts.join(', ')}); ` +
      `utterances of this batch: ${batch.ids.join(', ')}; the last checkpoint is untouched, try a lower --lr or --clip-norm=1`,
  );
}
