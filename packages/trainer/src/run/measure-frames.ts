import { batchStatistics, joinStatistics, setStatistics, type FrameStatistics } from '../model/standardize';
import type { OpenFold } from './open-fold';
import { overTrainingSide } from './training-side';

/**
 * Measures mean and deviation of every feature of every layer that the model reads, over the frames of the training side:
 * unmixed, and as the encoder gives them before it learns. The test side and the inner validation take no part.
 */
export async function measureFrames(fold: OpenFold): Promise<void> {
  const { model } = fold;
  let all: FrameStatistics | undefined;
  await overTrainingSide(
    fold,
    ({ layers, mask }) => batchStatistics(layers, mask),
    async ({ count, mean, squares }) => {
      const [frames, means, sums] = await Promise.all([count.data(), mean.data(), squares.data()]);
      const part = { count: frames[0] ?? 0, mean: Float64Array.from(means), squares: Float64Array.from(sums) };
      all = joinStatistics(all, part);
    },
  );
  if (all) setStatistics(model.head, all);
}
