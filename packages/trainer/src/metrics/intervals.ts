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
 * Paired bootstrap: b − a in WA and UA on shared utterances. Utterances are resampled, and both systems always see the
 * same draw. A system may have several runs (seeds): its accuracy is then their mean, and a drawn utterance brings all
 * of its runs along, because runs on one utterance are not independent.
 *
 * @param truth [utterances] class indices
 * @param a [runs][utterances] predictions of the first system
 * @param b [runs][utterances] predictions of the second
 */
export function pairedDifferences(
  truth: ArrayLike<number>,
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  classes: number,
  options: BootstrapOptions,
): { wa: PairedDifference; ua: PairedDifference } {
  const nothing: Interval = { low: NaN, high: NaN };
  const accuracies = (runs: readonly ArrayLike<number>[], indices: Int32Array): { wa: number; ua: number } => {
    const confusions = runs.map((run) => drawnConfusion(truth, run, classes, indices));
    const average = (values: readonly number[]): number =>
      values.reduce((total, value) => total + value, 0) / runs.length;
    return { wa: average(confusions.map(weightedAccuracy)), ua: average(confusions.map(unweightedAccuracy)) };
  };
  const statistics = (indices: Int32Array): number[] => {
    const before = accuracies(a, indices);
    const after = accuracies(b, indices);
    return [after.wa - before.wa, after.ua - before.ua];
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
