import type { Confusion } from './accuracy';

/** How one class is recognised. */
export interface ClassScores {
  /** Utterances that are of the class, and that are said to be. */
  readonly support: number;
  readonly predicted: number;
  /** Share of what is said to be of the class that is; NaN when nothing is said to be. */
  readonly precision: number;
  /** Share of the class that is found; NaN without utterances. */
  readonly recall: number;
  /** Harmonic mean of the two: 2 · right / (support + predicted); NaN when both are 0. */
  readonly f1: number;
}

/** Precision, recall and F1 of every class. */
export function classScores(confusion: Confusion): ClassScores[] {
  return confusion.map((row, index) => {
    const right = row[index] ?? 0;
    const support = row.reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((total, other) => total + (other[index] ?? 0), 0);
    return {
      support,
      predicted,
      precision: right / predicted,
      recall: right / support,
      f1: (2 * right) / (support + predicted),
    };
  });
}
