import { resolve } from 'node:path';
import { InputError } from '@ser/files';
import type { RunData } from '../record/read-run';
import { readRun } from '../record/read-run';

/**
 * Folds of one experiment that were trained in several places, as one run: the name and the settings are those of the
 * first folder.
 *
 * @throws {InputError} when two folders were made from other data, labels, weights or settings, or both have a fold done
 */
export async function joinRuns(folders: readonly string[]): Promise<RunData> {
  const runs: RunData[] = [];
  for (const folder of new Set(folders.map((one) => resolve(one)))) runs.push(await readRun(folder));
  const [first] = runs;
  if (!first) throw new InputError('report: expected at least one run folder');
  const holders = new Map<number, string>();
  for (const run of runs) {
    for (const { index, file } of run.folds) {
      if (!file) continue;
      const other = holders.get(index);
      if (other !== undefined)
        throw new InputError(`fold ${index} is done in ${other} and in ${run.dir}: expected it in one`);
      holders.set(index, run.dir);
    }
  }
  const made = runs.flatMap((run) =>
    run.folds.flatMap(({ file }) => (file?.fingerprint ? [{ run, print: file.fingerprint }] : [])),
  );
  const [reference] = made;
  for (const { run, print } of made) {
    if (reference && JSON.stringify(print) !== JSON.stringify(reference.print)) {
      throw new InputError(
        `${run.dir} was not made from the same data, labels, weights and settings as ${reference.run.dir}; \`ser compare\` puts different runs beside each other`,
      );
    }
  }
  const folds = runs.flatMap((run) => run.folds.filter(({ index, file }) => file !== undefined || !holders.has(index)));
  return {
    ...first,
    folds: folds.sort((a, b) => a.index - b.index),
    expectedFolds: [...new Set(runs.flatMap(({ expectedFolds }) => expectedFolds))].sort((a, b) => a - b),
    warnings: runs.flatMap(({ warnings }) => warnings),
  };
}
