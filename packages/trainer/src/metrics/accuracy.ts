import { mean, sum } from 'simple-statistics';

export type Confusion = readonly (readonly number[])[];

/** Weighted accuracy: the share of utterances that are right. NaN without utterances. */
export function weightedAccuracy(confusion: Confusion): number {
  const right = confusion.reduce((total, row, index) => total + (row[index] ?? 0), 0);
  return right / confusion.reduce((total, row) => total + sum([...row]), 0);
}

/** Recall of each class; NaN for a class without utterances. */
export function recalls(confusion: Confusion): number[] {
  return confusion.map((row, index) => (row[index] ?? 0) / sum([...row]));
}

/** Unweighted accuracy: mean recall over the classes that have utterances. NaN when none has. */
export function unweightedAccuracy(confusion: Confusion): number {
  const present = recalls(confusion).filter((recall) => !Number.isNaN(recall));
  return present.length === 0 ? NaN : mean(present);
}

/** Mean F1 over the classes that occur as truth or as prediction; a class that is never right has F1 = 0. */
export function macroF1(confusion: Confusion): number {
  const scores: number[] = [];
  confusion.forEach((row, index) => {
    const trueCount = sum([...row]);
    const predictedCount = sum(confusion.map((other) => other[index] ?? 0));
    if (trueCount + predictedCount > 0) scores.push((2 * (row[index] ?? 0)) / (trueCount + predictedCount));
  });
  return scores.length === 0 ? NaN : mean(scores);
}
