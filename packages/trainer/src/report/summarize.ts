import {
  accuracyByGroup,
  confusionMatrix,
  meanDeviation,
  unweightedAccuracy,
  weightedAccuracy,
  type Calibration,
  type GroupAccuracy,
  type MeanDeviation,
} from '../metrics';
import { baselinesOf, type Baselines } from './baselines';
import { breakdowns, type Breakdown } from './breakdowns';
import { provenanceOf, unlikeFolds, type Provenance } from './provenance';
import { resultsOf, type Results } from './results';
import { stampOf } from './stamps';
import { calibrationOf, scalingOf, type Scaling } from './scaling';
import { setting } from './format';
import { checkColumns } from '../record/columns';
import type { FoldData, RunData } from '../record/read-run';
import type { MetricRow, PredictionLine } from '../record/run-files';

/** One row of the folds table. Values that a fold does not have yet are NaN (null in JSON). */
export interface FoldRow {
  readonly fold: number;
  readonly name: string;
  readonly status: 'done' | 'unfinished' | 'missing';
  readonly testGroups: readonly string[];
  readonly trainUtterances: number;
  readonly testUtterances: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly wa: number;
  readonly ua: number;
  readonly confusion: readonly (readonly number[])[];
  readonly trainClasses?: Readonly<Record<string, number>>;
  readonly testClasses: Readonly<Record<string, number>>;
}

export interface HardUtterance {
  readonly id: string;
  readonly fold: number;
  readonly speaker: string;
  readonly label: string;
  readonly predicted: string;
  /** Probability given to the true class and to the predicted one. */
  readonly labelProbability: number;
  readonly predictedProbability: number;
}

/** Losses and learning rates over the epochs of one fold. */
export interface FoldCurves {
  readonly fold: number;
  readonly epochs: readonly Pick<
    MetricRow,
    'epoch' | 'loss' | 'components' | 'learningRates' | 'seconds' | 'validation'
  >[];
}

/** Everything that `report.json` holds; accuracies are shares in [0, 1]. */
export interface Report {
  readonly name: string;
  readonly complete: boolean;
  readonly expectedFolds: readonly number[];
  /** Expected folds without results. */
  readonly missingFolds: readonly number[];
  readonly warnings: readonly string[];
  readonly labels: readonly string[];
  readonly utterances: number;
  /** Over all test utterances of the finished folds together. Where there are test sets, no result of the corpus. */
  readonly pooled: Results;
  readonly baselines: Baselines;
  /** Of each test set, where the corpus has several (Test1, Test2); empty otherwise. */
  readonly testSets: readonly (Results & { readonly name: string; readonly baselines: Baselines })[];
  /** Speakers in train and test, as was allowed: with any, the result is not speaker-independent. */
  readonly sharedSpeakers: readonly string[];
  /** A sentence that has to stand beside every number of the run. */
  readonly stamp?: string;
  readonly breakdowns: readonly Breakdown[];
  readonly acrossFolds: { readonly wa: MeanDeviation; readonly ua: MeanDeviation };
  readonly folds: readonly FoldRow[];
  readonly speakers: readonly GroupAccuracy[];
  readonly calibration: Calibration;
  /** Whether any fold had an inner validation, on which a temperature can be fitted. */
  readonly hasValidation: boolean;
  /** Temperature scaling, where a fold has a temperature. */
  readonly scaling?: Scaling;
  readonly hardest: readonly HardUtterance[];
  readonly curves: readonly FoldCurves[];
  readonly engine: string;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Hardware, software and fingerprints of the data, with the folds that they are of. */
  readonly provenance: readonly Provenance[];
  readonly command: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where each setting came from: `default`, `preset demo`, `my.yaml:12`, `--flag`. */
  readonly origins: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly generatedAt: string;
}

export interface SummarizeOptions {
  /** Bootstrap resamples, 2,000 by default. */
  readonly resamples?: number;
  /** Utterances in the list of the hardest, 20 by default. */
  readonly hardest?: number;
  /** Columns to break results down by, beside those of few values; those that the run names by default. */
  readonly by?: readonly string[];
  readonly now?: Date;
}

/** Computes the whole report from what the run folder holds. Only finished folds count in accuracies. */
export function summarize(run: RunData, options: SummarizeOptions = {}): Report {
  const { resamples = 2000, hardest = 20, by = textList(run.config['by']), now = new Date() } = options;
  const { labels } = run;
  const done = run.folds.filter((fold) => fold.file !== undefined);
  const predictions = done.flatMap((fold) => fold.predictions);
  const indexOf = new Map(run.labels.map((label, index) => [label, index]));
  const index = (label: string): number => indexOf.get(label) ?? -1;
  const truth = predictions.map((line) => index(line.label));
  const predicted = predictions.map((line) => index(line.predicted));
  const rows = foldRows(run, index);
  const finished = rows.filter((row) => row.status === 'done');
  const missingFolds = run.expectedFolds.filter((fold) => !finished.some((row) => row.fold === fold));
  if (predictions.length > 0)
    checkColumns(
      by,
      predictions.map(({ columns = {} }) => columns),
    );
  const sets = testSetsOf(done);
  const files = done.flatMap(({ file }) => file ?? []);
  const provenance = provenanceOf(files);
  const scaling = scalingOf(done);
  const stamp = stampOf(files);
  return {
    name: run.name,
    complete: missingFolds.length === 0 && finished.length > 0,
    expectedFolds: run.expectedFolds,
    missingFolds,
    warnings: [...run.warnings, ...unlikeFolds(provenance), ...smallClasses(finished, labels)],
    labels,
    utterances: predictions.length,
    pooled: resultsOf(predictions, labels, resamples),
    baselines: baselinesOf(done, labels, resamples),
    testSets: sets.map(({ name, folds }) => ({
      name,
      ...resultsOf(
        folds.flatMap((fold) => fold.predictions),
        labels,
        resamples,
      ),
      baselines: baselinesOf(folds, labels, resamples),
    })),
    sharedSpeakers: [...new Set(files.flatMap((file) => file.sharedSpeakers ?? []))].sort(),
    ...(stamp === undefined ? {} : { stamp }),
    breakdowns:
      sets.length === 0
        ? breakdowns(predictions, labels, by, resamples)
        : sets.flatMap(({ name, folds }) => {
            const lines = folds.flatMap((fold) => fold.predictions);
            return breakdowns(lines, labels, by, resamples).map((breakdown) => ({ ...breakdown, testSet: name }));
          }),
    acrossFolds: {
      wa: meanDeviation(finished.map((row) => row.wa)),
      ua: meanDeviation(finished.map((row) => row.ua)),
    },
    folds: rows,
    speakers: accuracyByGroup(
      predictions.map((line) => line.speaker),
      truth,
      predicted,
      labels.length,
    ),
    calibration: calibrationOf(predictions),
    hasValidation: files.some(({ validationGroups }) => validationGroups.length > 0),
    ...(scaling ? { scaling } : {}),
    hardest: hardestUtterances(predictions, index, hardest),
    curves: run.folds.map((fold) => ({ fold: fold.index, epochs: fold.epochs.map(curvePoint) })),
    engine: [...new Set(done.map((fold) => fold.file?.engine ?? ''))].join(', '),
    seconds: finished.reduce((total, row) => total + row.seconds, 0),
    versions: versionsOf(run),
    provenance,
    command: commandOf(run),
    config: settingsOf(run.config),
    origins: textRecord(run.config['origins']),
    generatedAt: now.toISOString(),
  };
}

/** The folds with the predictions of each test set alone. */
function testSetsOf(done: readonly FoldData[]): { name: string; folds: FoldData[] }[] {
  const names = new Set(done.flatMap(({ predictions }) => predictions.flatMap(({ testSet }) => testSet ?? [])));
  return [...names].sort().map((name) => ({
    name,
    folds: done.map((fold) => ({
      ...fold,
      predictions: fold.predictions.filter(({ testSet }) => testSet === name),
    })),
  }));
}

/** Fewer test utterances of a class than this say next to nothing about it. */
const fewest = 5;

/** Folds whose UA rests on classes with hardly any test utterance, or on fewer classes than the run has. */
function smallClasses(folds: readonly FoldRow[], labels: readonly string[]): string[] {
  return folds.flatMap(({ name, fold, testClasses }) => {
    const named = (isOne: (count: number) => boolean): string =>
      labels.filter((label) => isOne(testClasses[label] ?? 0)).join(', ');
    const absent = named((count) => count === 0);
    const few = named((count) => count > 0 && count < fewest);
    const title = `Fold ${fold} (${name})`;
    return [
      ...(absent === ''
        ? []
        : [`${title} tests no utterance of ${absent}: its UA is the mean over the other classes.`]),
      ...(few === '' ? [] : [`${title} tests fewer than ${fewest} utterances of ${few}.`]),
    ];
  });
}

function foldRows(run: RunData, index: (label: string) => number): FoldRow[] {
  const present = new Map(run.folds.map((fold) => [fold.index, fold]));
  const indices = [...new Set([...run.expectedFolds, ...present.keys()])].sort((a, b) => a - b);
  return indices.map((fold) => foldRow(fold, present.get(fold), run.labels, index));
}

function foldRow(
  fold: number,
  data: FoldData | undefined,
  labels: readonly string[],
  index: (label: string) => number,
): FoldRow {
  const file = data?.file;
  const predictions = file === undefined ? [] : (data?.predictions ?? []);
  const confusion = confusionMatrix(
    predictions.map((line) => index(line.label)),
    predictions.map((line) => index(line.predicted)),
    labels.length,
  );
  const testClasses = Object.fromEntries(
    labels.map((label, at) => [label, (confusion[at] ?? []).reduce((total, count) => total + count, 0)]),
  );
  const row = {
    fold,
    name: file?.name ?? `fold ${fold}`,
    status:
      file !== undefined ? ('done' as const) : data !== undefined ? ('unfinished' as const) : ('missing' as const),
    testGroups: file?.testGroups ?? [],
    trainUtterances: file?.trainUtterances ?? NaN,
    testUtterances: file?.testUtterances ?? NaN,
    epochs: data?.epochs.length ?? 0,
    seconds: file?.seconds ?? NaN,
    // From the predictions, so that every number in the report has the same source.
    wa: weightedAccuracy(confusion),
    ua: unweightedAccuracy(confusion),
    confusion,
    testClasses,
  };
  return file?.trainClasses === undefined ? row : { ...row, trainClasses: file.trainClasses };
}

/** Wrong predictions, the surest first: those to listen to when looking for label noise. */
function hardestUtterances(
  predictions: readonly PredictionLine[],
  index: (label: string) => number,
  count: number,
): HardUtterance[] {
  return predictions
    .map((line) => ({
      id: line.id,
      fold: line.fold,
      speaker: line.speaker,
      label: line.label,
      predicted: line.predicted,
      labelProbability: line.probabilities[index(line.label)] ?? NaN,
      predictedProbability: line.probabilities[index(line.predicted)] ?? NaN,
    }))
    .filter((line) => line.label !== line.predicted)
    .sort((a, b) => a.labelProbability - b.labelProbability || (a.id < b.id ? -1 : 1))
    .slice(0, count);
}

function curvePoint(row: MetricRow): FoldCurves['epochs'][number] {
  const { epoch, loss, components, learningRates, seconds, validation } = row;
  const point = { epoch, loss, components, learningRates, seconds };
  return validation === undefined ? point : { ...point, validation };
}

function versionsOf(run: RunData): Record<string, string> {
  const known = [textRecord(run.config['versions']), ...run.folds.map((fold) => fold.file?.versions ?? {})];
  return Object.fromEntries(known.flatMap((versions) => Object.entries(versions)));
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textRecord(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}

/** The command as it was given, or one that comes to the same settings, from where each of them came. */
function commandOf({ config }: RunData): string {
  const { command } = config;
  if (Array.isArray(command)) return command.map(String).join(' ');
  if (typeof command === 'string') return command;
  const origins = textRecord(config['origins']);
  const names = [...new Set(Object.values(origins))];
  const presets = names.flatMap((origin) => /^preset (.+)$/.exec(origin)?.[1] ?? []).map((name) => `--preset=${name}`);
  const files = new Set(names.flatMap((origin) => /^(.+):\d+$/.exec(origin)?.[1] ?? []));
  const flags = Object.entries(origins)
    .filter(([key, origin]) => origin.startsWith('--') && key !== 'folds')
    .map(([key, origin]) => `${origin}=${quoted(setting(config[key]))}`);
  if (names.length === 0) return '';
  return ['ser cv', ...presets, ...[...files].map((file) => `--config=${quoted(file)}`), ...flags].join(' ');
}

/** As a POSIX shell needs it. */
function quoted(word: string): string {
  return /^[\w./:,=@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The settings themselves: without what describes the run and has its own place in the report. */
function settingsOf(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const described = new Set(['command', 'versions', 'labels', 'foldCount', 'origins', 'fingerprint', 'notes']);
  return Object.fromEntries(Object.entries(config).filter(([key]) => !described.has(key)));
}
