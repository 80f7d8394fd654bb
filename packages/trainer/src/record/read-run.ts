import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InputError } from '@ser/files';
import { notProved } from './fingerprint';
import { allDataIndex, finishedFold, foldFolder } from './fold-result';
import { readJsonLines } from './json-lines';
import { storedRun } from './run-config';
import {
  asMetric,
  asPrediction,
  probePredictions,
  type FoldResult,
  type MetricRow,
  type PredictionLine,
} from './run-files';

/** What is in one `fold-<k>` folder. */
export interface FoldData {
  /** 1-based. */
  readonly index: number;
  readonly dir: string;
  /** Present when the fold is done. */
  readonly file: FoldResult | undefined;
  /** One epoch row each, in order; of an epoch that was run again after an interruption, the last. */
  readonly epochs: readonly MetricRow[];
  readonly predictions: readonly PredictionLine[];
  /** What the linear probe of the same encoder says; empty where none was trained. */
  readonly probe: readonly PredictionLine[];
}

/** What is in a run folder, checked. */
export interface RunData {
  readonly name: string;
  readonly dir: string;
  /** `config.json` as it is; empty when there is none. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Class order of every probability vector. */
  readonly labels: readonly string[];
  /** Sorted by index. */
  readonly folds: readonly FoldData[];
  /** The model that was trained on everything, where there is one: it has no test, and no part in the results. */
  readonly allData?: FoldData;
  /** Folds that the run should have, where it says so; otherwise the folders that are there. */
  readonly expectedFolds: readonly number[];
  /** What a reader of the results should know. */
  readonly warnings: readonly string[];
}

/**
 * Reads a run folder, finished or not.
 *
 * @throws InputError when the folder is not there or a file in it is damaged
 */
export async function readRun(runDir: string): Promise<RunData> {
  const dir = resolve(runDir);
  if (!(await isFolder(dir))) throw new InputError(`${runDir}: no such run folder`);
  const warnings: string[] = [];
  const config = (await storedRun(dir)) ?? {};
  if (isTexts(config['notes'])) warnings.push(...config['notes']);
  const indices = (await readdir(dir))
    .map((entry) => /^fold-([1-9]\d*)$/.exec(entry)?.[1])
    .filter((index) => index !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  if (indices.length === 0 && Object.keys(config).length === 0) {
    throw new InputError(`${runDir}: expected a run folder with config.json and fold-<k> folders`);
  }
  const folds: FoldData[] = [];
  for (const index of indices) folds.push(await readFold(foldFolder(dir, index), index, warnings));
  const everything = foldFolder(dir, allDataIndex);
  const allData = (await isFolder(everything)) ? await readFold(everything, allDataIndex, warnings) : undefined;
  const labels = classOrder(config, folds, warnings);
  checkPredictions(folds, labels, warnings);
  const old = folds.filter(({ file }) => file && file.fingerprint === undefined).map(({ index }) => index);
  if (old.length > 0) warnings.push(`Fold ${old.join(', ')}: ${notProved}.`);
  return {
    name: basename(dir),
    dir,
    config,
    labels,
    folds,
    ...(allData ? { allData } : {}),
    expectedFolds: expectedFolds(config, folds),
    warnings,
  };
}

async function readFold(dir: string, index: number, warnings: string[]): Promise<FoldData> {
  const file = await finishedFold(dir);
  const rows = (await readJsonLines(join(dir, 'metrics.jsonl'))) ?? [];
  const predictionLines = await readJsonLines(join(dir, 'predictions.jsonl'));
  if (file !== undefined && predictionLines === undefined) {
    throw new InputError(`${dir}: fold.json says the fold is done, but predictions.jsonl is missing`);
  }
  const byId = new Map<string, PredictionLine>();
  for (const { value, where } of predictionLines ?? []) {
    const line = asPrediction(value, where);
    if (byId.has(line.id)) warnings.push(`Fold ${index} has more than one prediction for ${line.id}; the last counts.`);
    byId.set(line.id, line);
  }
  if (file !== undefined && byId.size !== file.testUtterances) {
    warnings.push(`Fold ${index} should have ${file.testUtterances} predictions and has ${byId.size}.`);
  }
  const metrics = rows.map(({ value, where }) => asMetric(value, where));
  const probe = ((await readJsonLines(join(dir, probePredictions))) ?? []).map(({ value, where }) =>
    asPrediction(value, where),
  );
  return { index, dir, file, epochs: epochRows(metrics), predictions: [...byId.values()], probe };
}

/** Epoch rows, the last of each epoch; an epoch under way is the mean of its steps. */
function epochRows(rows: readonly MetricRow[]): MetricRow[] {
  const steps = new Map<number, Map<number, MetricRow>>();
  const epochs = new Map<number, MetricRow>();
  for (const row of rows) {
    if (row.type === 'epoch') epochs.set(row.epoch, row);
    else steps.set(row.epoch, (steps.get(row.epoch) ?? new Map<number, MetricRow>()).set(row.step, row));
  }
  for (const [epoch, byStep] of steps) {
    if (!epochs.has(epoch)) epochs.set(epoch, meanRow([...byStep.values()]));
  }
  return [...epochs.values()].sort((a, b) => a.epoch - b.epoch);
}

function meanRow(rows: readonly MetricRow[]): MetricRow {
  const last = rows[rows.length - 1];
  if (last === undefined) throw new RangeError('meanRow: expected at least one row');
  const average = (value: (row: MetricRow) => number | undefined): number =>
    rows.reduce((total, row) => total + (value(row) ?? NaN), 0) / rows.length;
  const components: Record<string, { raw: number; weighted: number }> = {};
  for (const name of Object.keys(last.components)) {
    components[name] = {
      raw: average((row) => row.components[name]?.raw),
      weighted: average((row) => row.components[name]?.weighted),
    };
  }
  return { ...last, loss: average((row) => row.loss), components };
}

/** The order of the classes: as a fold or the config says, else the labels that occur, by name. */
function classOrder(
  config: Readonly<Record<string, unknown>>,
  folds: readonly FoldData[],
  warnings: string[],
): readonly string[] {
  const stated = folds.map((fold) => fold.file?.labels).find((labels) => labels !== undefined);
  if (stated !== undefined) return stated;
  if (isTexts(config['labels'])) return config['labels'];
  const found = new Set(folds.flatMap((fold) => fold.predictions.flatMap((line) => [line.label, line.predicted])));
  if (found.size > 0) warnings.push('The run does not say in which order its classes are; they are sorted by name.');
  return [...found].sort();
}

function checkPredictions(folds: readonly FoldData[], labels: readonly string[], warnings: string[]): void {
  const seen = new Map<string, number>();
  for (const fold of folds) {
    const where = join(fold.dir, 'predictions.jsonl');
    for (const line of fold.predictions) {
      for (const label of [line.label, line.predicted]) {
        if (!labels.includes(label)) {
          throw new InputError(`${where}: ${line.id} has the label "${label}", expected one of ${labels.join(', ')}`);
        }
      }
      if (line.probabilities.length !== labels.length) {
        throw new InputError(
          `${where}: ${line.id} has ${line.probabilities.length} probabilities, expected ${labels.length}`,
        );
      }
      const before = seen.get(line.id);
      if (before !== undefined) warnings.push(`${line.id} is tested in fold ${before} and in fold ${fold.index}.`);
      seen.set(line.id, fold.index);
    }
  }
}

/** One a speaker is the most that makes sense. */
const mostFolds = 100_000;

/** `folds` (a list) or `foldCount` in the config, else the folders there are. */
function expectedFolds(config: Readonly<Record<string, unknown>>, folds: readonly FoldData[]): number[] {
  const listed = config['folds'];
  if (Array.isArray(listed) && listed.length > 0) {
    const indices = listed.filter((index) => typeof index === 'number');
    if (indices.length === listed.length) return indices.sort((a, b) => a - b);
  }
  const total = config['foldCount'];
  if (typeof total === 'number' && total >= 1 && total <= mostFolds)
    return Array.from({ length: total }, (_, index) => index + 1);
  return folds.map((fold) => fold.index);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

/** Whether there is a folder of this name. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
