import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of `predictions.jsonl`. */
export interface Prediction {
  readonly id: string;
  readonly fold: number;
  readonly speaker: string;
  readonly label: string;
  readonly predicted: string;
  readonly probabilities: readonly number[];
}

/** The predictions of a finished fold. */
export function readPredictions(dir: string, fold: number): Prediction[] {
  const text = readFileSync(join(dir, `fold-${fold}`, 'predictions.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Prediction);
}
