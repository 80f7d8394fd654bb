import { unweightedAccuracy, weightedAccuracy } from './accuracy';
import { bootstrapIntervals, type BootstrapOptions, type Interval } from './bootstrap';

export interface AccuracyIntervals {
  readonly wa: Interval;
  readonly ua: Interval;
}

/**
 * Bootstrap intervals of WA and UA, over the clusters of `options` (speakers) or over utterances.
 * `truth`, `predicted`: [utterances] class indices.
 */
export function accuracyIntervals(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  options: BootstrapOptions,
): AccuracyIntervals {
  const nothing: Interval = { low: NaN, high: NaN };
  const statistics = (indices: Int32Array): number[] => {
    const confusion = drawnConfusion(truth, predicted, classes, indices);
    return [weightedAccuracy(confusion), unweightedAccuracy(confusion)];
  };
  const [wa = nothing, ua = nothing] = bootstrapIntervals(truth.length, statistics, options).map(asShare);
  return { wa, ua };
}

/** A share is never below 0 or above 1. */
function asShare({ low, high }: Interval): Interval {
  return { low: Math.max(0, low), high: Math.min(1, high) };
}

export interface PairedDifference {
  /** Accuracy of b minus accuracy of a, on the same utterances. */
  readonly difference: number;
  readonly interval: Interval;
}

/**
 * Paired bootstrap: b − a in WA and UA on shared utterances. Clusters (speakers) or utterances are resampled, and both
 * systems always see the same draw. A system may have several runs (seeds): its accuracy is then their mean, a drawn
 * utterance brings all of its runs along, and the seeds are resampled too, because another seed would give another
 * difference. As in `bootstrapIntervals`, what few seeds lack in spread is made up for.
 *
 * @param truth [utterances] class indices
 * @param a [runs][utterances] predictions of the first system
 * @param b [runs][utterances] predictions of the second; run i has the seed of run i of `a`
 */
export function pairedDifferences(
  truth: ArrayLike<number>,
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  classes: number,
  options: BootstrapOptions,
): { wa: PairedDifference; ua: PairedDifference } {
  const nothing: Interval = { low: NaN, high: NaN };
  const { random } = options;
  const seeds = a.length;
  const stretch = seeds > 1 ? Math.sqrt(seeds / (seeds - 1)) : 1;

  /** [runs] differences on the drawn utterances. */
  const bySeed = (indices: Int32Array): { wa: number[]; ua: number[] } => {
    const pairs = a.map((run, seed) => [
      drawnConfusion(truth, run, classes, indices),
      drawnConfusion(truth, b[seed] ?? [], classes, indices),
    ]);
    const of = (accuracy: (confusion: number[][]) => number): number[] =>
      pairs.map(([before = [], after = []]) => accuracy(after) - accuracy(before));
    return { wa: of(weightedAccuracy), ua: of(unweightedAccuracy) };
  };
  const all = bySeed(Int32Array.from({ length: truth.length }, (_, index) => index));
  const statistics = (indices: Int32Array, isDrawn: boolean): number[] => {
    const drawn = isDrawn && seeds > 1 ? a.map(() => Math.floor(random() * seeds)) : undefined;
    const { wa, ua } = bySeed(indices);
    const drawnMean = (values: readonly number[]): number => {
      const centre = mean(values);
      return drawn ? centre + stretch * (mean(drawn.map((seed) => values[seed] ?? NaN)) - centre) : centre;
    };
    return [drawnMean(wa), drawnMean(ua)];
  };
  const [waInterval = nothing, uaInterval = nothing] = bootstrapIntervals(truth.length, statistics, options);
  return {
    wa: { difference: mean(all.wa), interval: waInterval },
    ua: { difference: mean(all.ua), interval: uaInterval },
  };
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

function drawnConfusion(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  indices: Int32Array,
): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const index of indices) {
    const row = counts[truth[index] ?? -1];
    const column = predicted[index] ?? -1;
    const count = row?.[column];
    if (row === undefined || count === undefined)
      throw new RangeError(`index ${index} is outside of ${classes} classes`);
    row[column] = count + 1;
  }
  return counts;
}
