import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PredictionLine } from '../report/run-files';

/** The predictions of a finished fold. */
export function readPredictions(dir: string, fold: number): PredictionLine[] {
  const text = readFileSync(join(dir, `fold-${fold}`, 'predictions.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as PredictionLine);
}
