import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, withFileErrorsSync } from '@ser/files';
import { confusionMatrix, weightedAccuracy } from '../metrics';
import { listCheckpoints } from '../record/checkpoint';
import { damageIn } from '../record/damage';
import { refuseOther, type Fingerprint } from '../record/fingerprint';
import { finishedFold } from '../record/fold-result';
import { readJsonLines } from '../record/json-lines';
import { readPredictions } from '../record/predictions';
import { asAttention, asEmbedding, type FoldResult } from '../record/run-files';

/**
 * The result of a fold that is done, if it is. A fold with a damaged file is not done.
 * @throws {InputError} when it was made from something else
 */
export async function doneFold(dir: string, fingerprint: Fingerprint): Promise<FoldResult | undefined> {
  const found = await readDone(dir);
  if (found === undefined || typeof found === 'string') return undefined;
  refuseOther(dir, found.fingerprint, fingerprint);
  return found;
}

/**
 * Makes a fold with a damaged file one that goes on from its last checkpoint, which gives the same files again. Without
 * a checkpoint nothing is thrown away. Whoever calls this has the fold's lease.
 * @throws {InputError} when it is damaged and cannot be made again
 */
export async function mendFold(dir: string, say: (line: string) => void): Promise<void> {
  const problem = await readDone(dir);
  if (typeof problem !== 'string') return;
  if (listCheckpoints(dir).length === 0)
    throw new InputError(`${problem}; without a checkpoint it cannot be made again: remove ${dir} to train it anew`);
  const path = join(dir, 'fold.json');
  withFileErrorsSync(path, () => renameSync(path, `${path}.damaged`));
  say(`${problem}; made again from the last checkpoint`);
}

/** The result of a fold, or what is damaged in its files. */
async function readDone(dir: string): Promise<FoldResult | string | undefined> {
  try {
    const result = await finishedFold(dir);
    if (result === undefined) return undefined;
    const path = join(dir, 'predictions.jsonl');
    const predictions = await readPredictions(path);
    const indices = predictions.map(({ label, predicted }) => [label, predicted].map((l) => result.labels.indexOf(l)));
    const [truth, predicted] = [0, 1].map((column) => indices.map((pair) => pair[column] ?? -1));
    const fit =
      predictions.length === result.testUtterances &&
      new Set(predictions.map(({ id }) => id)).size === predictions.length &&
      predictions.every(({ probabilities }) => probabilities.length === result.labels.length) &&
      indices.flat().every((index) => index >= 0) &&
      (predictions.length === 0 ||
        Math.abs(weightedAccuracy(confusionMatrix(truth ?? [], predicted ?? [], result.labels.length)) - result.wa) <
          1e-6);
    if (!fit) return `${path}: these are not the predictions that fold.json was computed from`;
    for (const { value, where } of (await readJsonLines(join(dir, 'embeddings.jsonl'))) ?? [])
      asEmbedding(value, where);
    for (const { value, where } of (await readJsonLines(join(dir, 'attention.jsonl'))) ?? []) asAttention(value, where);
    return result;
  } catch (error) {
    return damageIn(error);
  }
}
