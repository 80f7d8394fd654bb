import * as tf from '@tensorflow/tfjs';
import type { BatchArrays } from '../data/assemble';
import { storedWave } from '../data/waves';
import { readLayers, type ReadLayers, type Signal } from '../model/model';
import type { OpenFold } from './open-fold';
import { evaluationPlan } from './plans';
import { openSignals } from './signal';

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
  const still = { tune: 'frozen', specAugment: false, layerDrop: 0, speed: [1, 1] } as const;
  const config = { ...job.config, ...still };
  const asItCame = { ...model, settings: { ...model.settings, ...still } };
  const compiled = engine.compile((input: Signal) => compute(readLayers(asItCame, input)));
  const isFrozen = job.config.tune === 'frozen';
  const signals = isFrozen ? fold.signals : await openSignals(config, engine, encoder, sources, () => {});
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
