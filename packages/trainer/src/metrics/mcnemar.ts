export interface McNemar {
  /** Utterances that only a has right, and that only b has right. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Two-sided exact p-value. */
  readonly p: number;
}

/**
 * McNemar's test in its exact form: of the utterances that one system has right and the other wrong, a fair coin
 * decides which. p = 2 · P(X ≤ min(onlyA, onlyB)), X ~ Binomial(onlyA + onlyB, 1/2), at most 1; 1 without any.
 * Exact at every count, so no chi-square approximation is needed.
 *
 * @param truth [utterances] class indices
 * @param a [utterances] predictions of the first system
 * @param b [utterances] predictions of the second
 */
export function mcnemar(truth: ArrayLike<number>, a: ArrayLike<number>, b: ArrayLike<number>): McNemar {
  if (truth.length !== a.length || truth.length !== b.length) {
    throw new RangeError(`mcnemar: ${truth.length} true classes, ${a.length} and ${b.length} predictions`);
  }
  let onlyA = 0;
  let onlyB = 0;
  for (let index = 0; index < truth.length; index++) {
    const rightA = a[index] === truth[index];
    const rightB = b[index] === truth[index];
    if (rightA && !rightB) onlyA += 1;
    if (rightB && !rightA) onlyB += 1;
  }
  return { onlyA, onlyB, p: mcnemarExact(onlyA, onlyB) };
}

/** The p-value from the two discordant counts alone. */
export function mcnemarExact(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB;
  if (trials === 0) return 1;
  // Sums of logarithms: 2^-trials alone leaves float64's range past 1,074 trials.
  let logTerm = -trials * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let successes = 1; successes <= Math.min(onlyA, onlyB); successes++) {
    logTerm += Math.log((trials - successes + 1) / successes);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
