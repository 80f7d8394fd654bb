import * as tf from '@tensorflow/tfjs';
import { probeNames } from './fusion';
import { assignIn, variableIn, type Head } from './head';

const names = { mean: 'standard.mean', deviation: 'standard.deviation' } as const;

/** Whether a variable of the head is a statistic of the frames or belongs to the probe, which is measured and not learnt. */
export const isStatistic = (name: string): boolean => [...Object.values<string>(names), ...probeNames].includes(name);

/** Mean 0 and deviation 1, [layers, features] each: frames stay as they are. */
export function plainStatistics(layers: number, dim: number): Map<string, tf.Tensor> {
  return new Map([
    [names.mean, tf.zeros([layers, dim])],
    [names.deviation, tf.ones([layers, dim])],
  ]);
}

/** Brings every feature of every layer to mean 0 and deviation 1, by the statistics in `head`. */
export function standardize(head: Head, layers: readonly tf.Tensor3D[]): readonly tf.Tensor3D[] {
  const [mean, deviation] = [variableIn(head, names.mean), variableIn(head, names.deviation)];
  const dim = mean.shape[1] ?? 0;
  return layers.map((layer, i) => {
    const [centre, spread] = [mean, deviation].map((of) => tf.reshape(tf.slice(of, [i, 0], [1, dim]), [1, 1, dim]));
    if (!centre || !spread) throw new Error('unreachable');
    return tf.div<tf.Tensor3D>(tf.sub(layer, centre), spread);
  });
}

/** A feature that hardly changes is left at this deviation, so that it does not become noise. */
const least = 1e-5;

/** Number, mean and sum of squared deviations of frames, [layers · features] in float64. */
export interface FrameStatistics {
  readonly count: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

/**
 * Statistics of a batch's valid frames: count [], mean and sum of squared deviations from it [layers, features]. Around
 * the batch's own mean, because float32 loses a small deviation beside a large mean.
 */
export function batchStatistics(
  layers: readonly tf.Tensor3D[],
  mask: tf.Tensor2D,
): { count: tf.Scalar; mean: tf.Tensor2D; squares: tf.Tensor2D } {
  const valid = tf.expandDims(mask, 2);
  const count = tf.sum(mask) as tf.Scalar;
  const each = layers.map((layer) => {
    const mean = tf.div(tf.sum(tf.mul(layer, valid), [0, 1]), count);
    const squares = tf.sum(tf.mul(tf.square(tf.sub(layer, mean)), valid), [0, 1]);
    return { mean, squares };
  });
  return {
    count,
    mean: tf.stack(each.map(({ mean }) => mean)) as tf.Tensor2D,
    squares: tf.stack(each.map(({ squares }) => squares)) as tf.Tensor2D,
  };
}

/** Joins the statistics of two sets of frames (Chan, Golub and LeVeque). */
export function joinStatistics(a: FrameStatistics | undefined, b: FrameStatistics): FrameStatistics {
  if (!a) return b;
  const count = a.count + b.count;
  const mean = a.mean.map((x, i) => x + (((b.mean[i] ?? 0) - x) * b.count) / count);
  const squares = a.squares.map(
    (x, i) => x + (b.squares[i] ?? 0) + (((b.mean[i] ?? 0) - (a.mean[i] ?? 0)) ** 2 * a.count * b.count) / count,
  );
  return { count, mean, squares };
}

/** What brings frames to mean 0 and deviation 1, [layers · features] each. */
export interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export const scaleOf = ({ count, mean, squares }: FrameStatistics): Scale => ({
  mean,
  deviation: squares.map((x) => Math.max(least, Math.sqrt(x / count))),
});

/** Gives the statistics to a model. */
export function setStatistics(head: Head, statistics: FrameStatistics): void {
  const { mean, deviation } = scaleOf(statistics);
  assignIn(head, names.mean, mean);
  assignIn(head, names.deviation, deviation);
}
