import { InputError } from '@ser/files';
import { readJsonLines } from './json-lines';
import { asPrediction, type PredictionLine } from './run-files';

/**
 * The predictions of a finished fold.
 * @throws {InputError} when there are none, or a line is not one
 */
export async function readPredictions(path: string): Promise<PredictionLine[]> {
  const lines = await readJsonLines(path);
  if (lines === undefined) throw new InputError(`${path}: no such file, expected the predictions of the fold`);
  return lines.map(({ value, where }) => asPrediction(value, where));
}
