/**
 * Holm's step-down adjustment of p-values for testing several hypotheses at once: the i-th smallest of n is multiplied
 * by n − i + 1, never below the one before it and never above 1. Returned in the order given.
 */
export function holm(values: readonly number[]): number[] {
  const adjusted = new Array<number>(values.length).fill(1);
  let least = 0;
  values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => a.value - b.value)
    .forEach(({ value, index }, rank) => {
      least = Math.min(1, Math.max(least, value * (values.length - rank)));
      adjusted[index] = least;
    });
  return adjusted;
}
