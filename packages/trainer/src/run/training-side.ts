import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import { storedWave } from '../data/waves';
import { readLayers, type ReadLayers, type Signal } from '../model/model';
import type { OpenFold } from './open-fold';
import { evaluationPlan } from './plans';
import { openSignals } from './signal';

/** An encoder that does not learn yet. The model will hear it in float32. */
const asItCame = { tune: 'frozen', specAugment: false, layerDrop: 0, speed: [1, 1], precision: 'float32' } as const;

/**
 * Computes something of the layers that the model reads, for every utterance of the training side: whole and unmixed, and as
 * the encoder gives them before it learns. The test side and the inner validation take no part. What a frozen encoder gave is
 * read from the cache, also where the encoder will learn.
 *
 * @param compute plain tfjs
 * @param use what it gave for a batch; freed afterwards
 */
export async function overTrainingSide<O extends Record<string, tf.Tensor>>(
  fold: OpenFold,
  compute: (layers: ReadLayers) => O,
  use: (output: O, batch: BatchArrays) => Promise<void>,
): Promise<void> {
  const { job, model, loader, encoder, train } = fold;
  const { engine, waves, signal } = job;
  const sources = train.map(({ id }) => storedWave(waves, id));
  const config = { ...job.config, ...asItCame };
  const isFrozen = job.config.tune === 'frozen';
  const signals = isFrozen ? fold.signals : await openSignals(config, engine, encoder, sources, () => {});
  const still = { ...model, settings: { ...model.settings, tune: config.tune } };
  const compiled = engine.compile((input: Signal) => compute(readLayers(still, input)));
  const planned = { batching: signals.batching, maxSamples: encoder.maxSamples };
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
    if (!isFrozen) await signals.dispose();
  }
}
