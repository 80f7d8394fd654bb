import { InputError } from '@ser/files';
import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import { foldTitle } from '../record/fold-result';
import type { OpenFold } from './open-fold';
import type { StepInput } from '../training/step';
import { stepInputs, type Update } from './step-inputs';

/** What one update gave. */
export interface StepLosses {
  /** Eq. 11. */
  readonly total: number;
  /** In the order of `config.losses`. */
  readonly raw: readonly number[];
}

/**
 * Updates of the model on batches of equal shape, one after the other.
 * @param hows of each batch
 * @throws {InputError} naming the utterances of the batch, when a loss is not finite
 */
export async function updateOn(
  fold: OpenFold,
  batches: readonly BatchArrays[],
  epoch: number,
  hows: readonly Update[],
): Promise<StepLosses[]> {
  const { job, model, step, signals } = fold;
  const inputs: StepInput[] = [];
  for (const [i, batch] of batches.entries()) {
    const how = hows[i];
    if (!how) throw new Error(`no update for batch ${i} of ${batches.length}`);
    inputs.push(stepInputs(job.config, model, job.fold.name, batch, await signals.read(batch), how));
  }
  const [only] = inputs;
  // A run of one among longer ones goes the same way: a GPU would compile it once more.
  const outputs = fold.stepsPerRun === 1 && only ? [await step(only)] : await step.many(inputs);
  const losses: StepLosses[] = [];
  for (const { total, raw } of outputs) {
    const [values, parts] = await Promise.all([total.data(), raw.data()]);
    losses.push({ total: values[0] ?? NaN, raw: [...parts] });
  }
  tf.dispose([inputs, outputs]);
  for (const [i, { total, raw }] of losses.entries()) {
    if (![total, ...raw].every(Number.isFinite)) throw notFinite(fold, epoch, losses[i], hows[i], batches[i]);
  }
  return losses;
}

function notFinite({ job }: OpenFold, epoch: number, losses?: StepLosses, how?: Update, batch?: BatchArrays) {
  const parts = job.config.losses.map((loss, i) => `${loss} ${losses?.raw[i]}`);
  return new InputError(
    `${foldTitle(job.fold.index)}, epoch ${epoch}, step ${how?.count}: the loss is ${losses?.total} (${parts.join(', ')}); ` +
      `utterances of this batch: ${batch?.ids.join(', ')}; the last checkpoint is untouched, try a lower --lr or --clip-norm=1`,
  );
}
