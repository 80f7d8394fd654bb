import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPrediction, type PredictionLine } from './run-files';

/** The predictions of a finished fold. */
export function readPredictions(dir: string, fold: number): PredictionLine[] {
  const path = join(dir, `fold-${fold}`, 'predictions.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line, i) => asPrediction(JSON.parse(line), `${path}:${i + 1}`));
}
