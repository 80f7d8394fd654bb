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
  /**
   * [utterances] what each utterance belongs to, such as its speaker. Utterances of one speaker are alike: an interval
   * over utterances alone is too narrow for a statement about other speakers. Every utterance by itself when absent.
   */
  readonly clusters?: readonly string[];
}

/**
 * Percentile bootstrap: draws clusters with replacement, each with all of its utterances, `resamples` times, and takes the
 * middle `level` of each statistic's values. All statistics see the same draws, so that one pass serves several.
 *
 * The spread of n drawn clusters is (n − 1)/n of what it should be, which matters when there are four. Deviations from the
 * statistic of all utterances are therefore stretched by √(n / (n − 1)). One cluster says nothing about others: NaN.
 *
 * @param size number of utterances
 * @param statistics what to compute from indices: all of them first (`isDrawn` false), then those of every draw; NaN
 *   values are left out
 * @returns one interval per statistic, NaN when there is nothing to draw from
 */
export function bootstrapIntervals(
  size: number,
  statistics: (indices: Int32Array, isDrawn: boolean) => readonly number[],
  options: BootstrapOptions,
): Interval[] {
  const { random, resamples = 2000, level = 0.95 } = options;
  const members = options.clusters ? membersOf(options.clusters) : undefined;
  const draws = members?.length ?? size;
  const stretch = Math.sqrt(draws / (draws - 1));
  const whole = statistics(
    Int32Array.from({ length: size }, (_, index) => index),
    false,
  );
  const values: number[][] = whole.map(() => []);
  for (let resample = 0; resample < resamples; resample++) {
    statistics(members ? drawClusters(members, random) : drawEach(size, random), true).forEach((value, position) => {
      const all = whole[position] ?? NaN;
      const stretched = all + stretch * (value - all);
      if (!Number.isNaN(value)) values[position]?.push(stretched);
    });
  }
  const tail = (1 - level) / 2;
  return values.map((list) => {
    if (draws < 2 || list.length === 0) return { low: NaN, high: NaN };
    const sorted = list.sort((a, b) => a - b);
    return { low: quantileSorted(sorted, tail), high: quantileSorted(sorted, 1 - tail) };
  });
}

/** Indices of each cluster, in the order in which the clusters appear. */
export function membersOf(clusters: readonly string[]): number[][] {
  const members = new Map<string, number[]>();
  clusters.forEach((cluster, index) => {
    const list = members.get(cluster);
    if (list) list.push(index);
    else members.set(cluster, [index]);
  });
  return [...members.values()];
}

function drawEach(size: number, random: () => number): Int32Array {
  return Int32Array.from({ length: size }, () => Math.floor(random() * size));
}

function drawClusters(members: readonly (readonly number[])[], random: () => number): Int32Array {
  return Int32Array.from(members.flatMap(() => members[Math.floor(random() * members.length)] ?? []));
}
