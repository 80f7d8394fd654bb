import { membersOf } from './bootstrap';

/** Clusters up to which every exchange is looked at: 2¹⁶ of them. */
const mostExact = 16;
const draws = 20_000;

/**
 * Permutation test over clusters (speakers): if two systems were equally good, it would not matter which of them is
 * called a and which b, for any speaker. The difference in right answers is compared with that of every exchange of the
 * names, speaker by speaker: all exchanges up to 16 speakers, else 20,000 drawn ones.
 *
 * McNemar's test takes every utterance as independent of the others, which those of one speaker are not. With n speakers
 * the smallest p here is 2 / 2ⁿ: four speakers cannot show anything at 0.05.
 *
 * @param clusters [utterances] the speaker of each
 * @param differences [utterances] right answers of b minus those of a: −1, 0 or 1, or means over seeds
 * @param random uniform numbers in [0, 1)
 * @returns the two-sided p; NaN without utterances
 */
export function permutationTest(
  clusters: readonly string[],
  differences: readonly number[],
  random: () => number,
): number {
  const sums = membersOf(clusters).map((members) =>
    members.reduce((total, index) => total + (differences[index] ?? 0), 0),
  );
  if (sums.length === 0) return NaN;
  const observed = Math.abs(sums.reduce((a, b) => a + b, 0)) - 1e-9;
  const isAsLarge = (isExchanged: (speaker: number) => boolean): boolean =>
    Math.abs(sums.reduce((total, sum, speaker) => total + (isExchanged(speaker) ? -sum : sum), 0)) >= observed;
  let count = 0;
  if (sums.length <= mostExact) {
    const all = 2 ** sums.length;
    for (let exchange = 0; exchange < all; exchange++) {
      if (isAsLarge((speaker) => ((exchange >> speaker) & 1) === 1)) count++;
    }
    return count / all;
  }
  for (let draw = 0; draw < draws; draw++) if (isAsLarge(() => random() < 0.5)) count++;
  // The observed one is one of the exchanges.
  return (count + 1) / (draws + 1);
}
