import { fitProbe } from '../baseline/probe';
import { pooledStatistics, setProbe } from '../model/fusion';
import { foldTitle } from '../record/fold-result';
import type { OpenFold } from './open-fold';
import { overTrainingSide } from './training-side';

/**
 * Fits the linear probe that stands beside the model: logistic regression on mean and deviation of the layers that the
 * model reads, over the training side, as the encoder gives them before it learns.
 */
export async function fitFusion(fold: OpenFold): Promise<void> {
  const { job, model, train } = fold;
  const { config, labels, progress, signal } = job;
  const pooled = new Map<string, Float32Array>();
  await overTrainingSide(
    fold,
    ({ layers, mask }) => ({ statistics: pooledStatistics(layers, mask) }),
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
  progress.line(`${foldTitle(job.fold.index)}  a linear probe stands beside the model (C = ${strength})`);
  setProbe(model.head, probe);
}
