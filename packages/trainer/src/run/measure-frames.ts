import * as tf from '@tensorflow/tfjs';
import { readLayers, type Signal } from '../model/model';
import { batchStatistics, joinStatistics, setStatistics, type FrameStatistics } from '../model/standardize';
import { storedWave } from '../data/waves';
import type { OpenFold } from './open-fold';
import { evaluationPlan } from './plans';

/**
 * Measures mean and deviation of every feature of every layer that the model reads, over the frames of the training side:
 * unmixed, and as the encoder gives them before it learns. The test side and the inner validation take no part.
 */
export async function measureFrames(fold: OpenFold): Promise<void> {
  const { model, signals, loader, encoder, train } = fold;
  const { config, engine, waves, signal } = fold.job;
  const measure = engine.compile((input: Signal) => {
    const { layers, mask } = readLayers(model, input);
    return batchStatistics(layers, mask);
  });
  const planned = { batching: signals.batching, maxSamples: encoder.maxSamples };
  const plan = evaluationPlan(
    config,
    train.map(({ id }) => storedWave(waves, id)),
    planned,
  );
  let all: FrameStatistics | undefined;
  try {
    // Without surplus rows, which would count an utterance twice.
    for await (const batch of loader.batches(plan)) {
      signal?.throwIfAborted();
      const input = await signals.read(batch);
      const { count, mean, squares } = await measure(input);
      const [frames, means, sums] = await Promise.all([count.data(), mean.data(), squares.data()]);
      tf.dispose([input, count, mean, squares]);
      const part = { count: frames[0] ?? 0, mean: Float64Array.from(means), squares: Float64Array.from(sums) };
      all = joinStatistics(all, part);
      await new Promise(setImmediate); // lets Ctrl-C in
    }
  } finally {
    await measure.dispose();
  }
  if (all) setStatistics(model.head, all);
}
