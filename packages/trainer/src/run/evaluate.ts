import { InputError } from '@ser/files';
import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import type { BatchLoader } from '../data/loader';
import type { BatchPlan } from '../data/plan';
import type { Engine, Runnable } from '../training/engine';
import { decide, forward, type Model, type Signal } from '../model/model';
import type { Accuracies } from '../record/run-files';
import { runsOf } from './runs';
import type { SignalSource } from './signal';
import { argmax, confusionMatrix, unweightedAccuracy, weightedAccuracy } from '../metrics';

export type Inference = Runnable<Signal, InferenceOutput>;
export type InferenceOutput = {
  /** [batch, classes]. */
  readonly probabilities: tf.Tensor2D;
  /** z [batch, projection]. */
  readonly embedding: tf.Tensor2D;
  /** [batch, frames], sums to 1 over valid frames. */
  readonly attention: tf.Tensor2D;
};

/** The model as it is used: waveforms (or their features) in, class probabilities, embedding and frame attention out. Plain tfjs. */
export function infer(model: Model, input: Signal): InferenceOutput {
  const output = forward(model, input);
  const { embedding, attention } = output;
  return { probabilities: tf.softmax(decide(model, input, output)), embedding, attention };
}

export function compileInference(engine: Engine, model: Model): Inference {
  return engine.compile((input: Signal) => infer(model, input));
}

/** What the model says about one utterance. */
export interface Judgement {
  readonly id: string;
  readonly probabilities: number[];
  readonly embedding: number[];
  /** One weight a frame, without those of padding. */
  readonly attention: number[];
}

export interface JudgeOptions {
  /** Rows of a batch, see `assembleBatch`; 0 for as many as it has utterances. */
  readonly rows: number;
  /** Most batches of one shape in one call of the engine; 1 when absent. */
  readonly together?: number;
  readonly read: SignalSource['read'];
  readonly frameCount: (samples: number) => number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every planned utterance once.
 * @throws {InputError} naming an utterance for which the model gives a number that is not finite
 */
export async function judge(
  inference: Inference,
  loader: BatchLoader,
  plans: readonly BatchPlan[],
  options: JudgeOptions,
): Promise<Judgement[]> {
  const out: Judgement[] = [];
  for await (const batch of judgeBatches(inference, loader, plans, options)) out.push(...batch);
  return out;
}

/** The same batch by batch. */
export async function* judgeBatches(
  inference: Inference,
  loader: BatchLoader,
  plans: readonly BatchPlan[],
  options: JudgeOptions,
): AsyncGenerator<Judgement[], void, undefined> {
  const { together = 1 } = options;
  for await (const batches of runsOf(loader, plans, together, options.rows)) {
    options.signal?.throwIfAborted();
    const inputs: Signal[] = [];
    for (const batch of batches) inputs.push(await options.read(batch));
    const [only] = inputs;
    const results = together === 1 && only ? [await inference(only)] : await inference.many(inputs);
    for (const [i, batch] of batches.entries()) yield await judgementsOf(batch, results[i], options.frameCount);
    tf.dispose([inputs, results]);
    await new Promise(setImmediate); // lets Ctrl-C in
  }
}

async function judgementsOf(
  batch: BatchArrays,
  result: InferenceOutput | undefined,
  frameCount: (samples: number) => number,
): Promise<Judgement[]> {
  if (!result) throw new Error('a batch without a result');
  const rows = await Promise.all([result.probabilities.array(), result.embedding.array(), result.attention.array()]);
  return batch.ids.map((id, row) => {
    const [probabilities = [], embedding = [], attention = []] = rows.map((table) => table[row] ?? []);
    if (![...probabilities, ...embedding].every(Number.isFinite)) throw noNumber(id);
    return { id, probabilities, embedding, attention: attention.slice(0, frameCount(batch.lengths[row] ?? 0)) };
  });
}

function noNumber(id: string): InputError {
  return new InputError(
    `the model gives no number for "${id}" (NaN or infinite): its audio or the weights hold a value that is none`,
  );
}

/** WA and UA of judgements against class indices. */
export function accuracies(
  judgements: readonly Judgement[],
  labelOf: (id: string) => number,
  classes: number,
): Accuracies {
  const truth = judgements.map(({ id }) => labelOf(id));
  const predicted = judgements.map(({ probabilities }) => argmax(probabilities));
  const confusion = confusionMatrix(truth, predicted, classes);
  return { wa: weightedAccuracy(confusion), ua: unweightedAccuracy(confusion) };
}
