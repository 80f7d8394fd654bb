import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import { storedWave } from '../data/waves';
import type { Signal } from '../model/model';
import type { OpenFold } from './open-fold';
import { evaluationPlan } from './plans';

/**
 * Computes something of every utterance of the training side, whole and unmixed. The test side and the inner validation
 * take no part.
 *
 * @param compute plain tfjs
 * @param use what it gave for a batch; freed afterwards
 */
export async function overTrainingSide<O extends Record<string, tf.Tensor>>(
  { job, signals, loader, encoder, train }: OpenFold,
  compute: (input: Signal) => O,
  use: (output: O, batch: BatchArrays) => Promise<void>,
): Promise<void> {
  const { config, engine, waves, signal } = job;
  const compiled = engine.compile(compute);
  const planned = { batching: signals.batching, maxSamples: encoder.maxSamples };
  const sources = train.map(({ id }) => storedWave(waves, id));
  try {
    // Without surplus rows, which would count an utterance twice.
    for await (const batch of loader.batches(evaluationPlan(config, sources, planned))) {
      signal?.throwIfAborted();
      const input = await signals.read(batch);
      const output = await compiled(input);
      await use(output, batch);
      tf.dispose([input, output]);
      await new Promise(setImmediate); // lets Ctrl-C in
    }
  } finally {
    await compiled.dispose();
  }
}
