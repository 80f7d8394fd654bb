/**
 * Weights that make every class count the same in a loss: w_c = N / (C N_c), with N utterances, N_c of them of class c,
 * and C classes that occur (King & Zeng, 2001; `class_weight="balanced"` of scikit-learn). Over the utterances their mean
 * is 1, so the loss keeps its size. A class that does not occur has weight 1.
 *
 * @param targets [utterances][classes] each a distribution: N_c is the sum of its shares
 */
export function balancedWeights(targets: Iterable<readonly number[]>, classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (const shares of targets) for (const [c, share] of shares.entries()) counts[c] = (counts[c] ?? 0) + share;
  const total = counts.reduce((a, b) => a + b, 0);
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? total / (present * count) : 1));
}
