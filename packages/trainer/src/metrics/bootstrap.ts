import { quantileSorted } from 'simple-statistics';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** Uniform numbers in [0, 1); the same sequence gives the same interval. */
  readonly random: () => number;
  readonly resamples?: number;
  /** Coverage, 0.95 by default. */
  readonly level?: number;
}

/**
 * Percentile bootstrap over utterances: draws `size` indices with replacement, `resamples` times, and takes the
 * middle `level` of each statistic's values. All statistics see the same draws, so that one pass serves several.
 *
 * @param size number of utterances
 * @param statistics what to compute from the drawn indices [size]; NaN values are left out
 * @returns one interval per statistic, NaN when there is nothing to draw from
 */
export function bootstrapIntervals(
  size: number,
  statistics: (indices: Int32Array) => readonly number[],
  options: BootstrapOptions,
): Interval[] {
  const { random, resamples = 2000, level = 0.95 } = options;
  const indices = new Int32Array(size);
  const values: number[][] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let index = 0; index < size; index++) indices[index] = Math.floor(random() * size);
    statistics(indices).forEach((value, position) => {
      const list = (values[position] ??= []);
      if (!Number.isNaN(value)) list.push(value);
    });
  }
  const tail = (1 - level) / 2;
  return values.map((list) => {
    if (size === 0 || list.length === 0) return { low: NaN, high: NaN };
    const sorted = list.sort((a, b) => a - b);
    return { low: quantileSorted(sorted, tail), high: quantileSorted(sorted, 1 - tail) };
  });
}
