import { unweightedAccuracy, weightedAccuracy } from './accuracy';
import { bootstrapIntervals, type BootstrapOptions, type Interval } from './bootstrap';

export interface AccuracyIntervals {
  readonly wa: Interval;
  readonly ua: Interval;
}

/** Bootstrap intervals of WA and UA over utterances. `truth`, `predicted`: [utterances] class indices. */
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
  const [wa = nothing, ua = nothing] = bootstrapIntervals(truth.length, statistics, options);
  return { wa, ua };
}

export interface PairedDifference {
  /** Accuracy of b minus accuracy of a, on the same utterances. */
  readonly difference: number;
  readonly interval: Interval;
}

/**
 * Paired bootstrap: b − a in WA and UA on shared utterances, resampling utterances so that both systems always see
 * the same draw. `truth`, `a`, `b`: [utterances] class indices.
 */
export function pairedDifferences(
  truth: ArrayLike<number>,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  classes: number,
  options: BootstrapOptions,
): { wa: PairedDifference; ua: PairedDifference } {
  const nothing: Interval = { low: NaN, high: NaN };
  const statistics = (indices: Int32Array): number[] => {
    const before = drawnConfusion(truth, a, classes, indices);
    const after = drawnConfusion(truth, b, classes, indices);
    return [weightedAccuracy(after) - weightedAccuracy(before), unweightedAccuracy(after) - unweightedAccuracy(before)];
  };
  const [wa = NaN, ua = NaN] = statistics(Int32Array.from({ length: truth.length }, (_, index) => index));
  const [waInterval = nothing, uaInterval = nothing] = bootstrapIntervals(truth.length, statistics, options);
  return { wa: { difference: wa, interval: waInterval }, ua: { difference: ua, interval: uaInterval } };
}

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
