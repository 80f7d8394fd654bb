import * as tf from '@tensorflow/tfjs';
import { fitProbe } from '../baseline/probe';
import { readLayers } from '../model/model';
import { pooledStatistics, setProbe } from '../model/probe-branch';
import { foldTitle } from '../record/fold-result';
import type { OpenFold } from './open-fold';
import { overTrainingSide } from './training-side';

/**
 * Fits a linear probe on the training side and makes it the model's beginning: mean and deviation of the layers that the
 * model reads, as the encoder gives them before it learns. Training goes on from there (linear probing, then fine-tuning:
 * Kumar et al., 2022).
 */
export async function startFromProbe(fold: OpenFold): Promise<void> {
  const { job, model, train } = fold;
  const { config, labels, progress, signal } = job;
  const pooled = new Map<string, Float32Array>();
  await overTrainingSide(
    fold,
    (input) => {
      const { layers, mask } = readLayers(model, input);
      const uniform = tf.div<tf.Tensor2D>(mask, tf.sum(mask, 1, true));
      return { statistics: pooledStatistics(layers, uniform) };
    },
    async ({ statistics }, { ids }) => {
      const rows = await statistics.data<'float32'>();
      const columns = statistics.shape[1] ?? 0;
      ids.forEach((id, row) => pooled.set(id, rows.slice(row * columns, (row + 1) * columns)));
      progress.count('probe', pooled.size, train.length);
    },
  );
  const { model: probe, strength } = await fitProbe(train, [[0]], {
    labels,
    groupOf: ({ speaker }) => speaker,
    pooled: ({ id }) => [pooled.get(id) ?? new Float32Array()],
    threads: config.threads,
    ...(signal ? { signal } : {}),
  });
  progress.line(`${foldTitle(job.fold.index)}  starts from a linear probe (C = ${strength})`);
  setProbe(model.head, probe);
}
