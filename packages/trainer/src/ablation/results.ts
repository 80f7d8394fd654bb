import { join } from 'node:path';
import {
  confusionMatrix,
  holm,
  mcnemar,
  meanDeviation,
  pairedDifferences,
  permutationTest,
  unweightedAccuracy,
  weightedAccuracy,
  type McNemar,
  type MeanDeviation,
  type PairedDifference,
} from '../metrics';
import { seeded } from '../random';
import { testedLines } from '../report/compare-runs';
import { stampOf } from '../report/stamps';
import { isFolder, readRun } from '../record/read-run';
import type { PredictionLine } from '../record/run-files';
import { cells, type AblationCell, type AblationPlan, type AblationRowPlan } from './plan';

/** How the runs of one cell differ from those of another, seed by seed on the same utterances. */
export interface CellDifference {
  readonly seeds: number;
  readonly utterances: number;
  readonly wa: PairedDifference;
  readonly ua: PairedDifference;
  /** Over the seeds' differences in UA. */
  readonly uaBySeed: MeanDeviation;
  /** On the classes with the largest probability averaged over the seeds: one test, whatever the number of seeds. */
  readonly mcnemar: McNemar;
  /** p of the permutation test over speakers, on right answers averaged over the seeds. */
  readonly permutation: number;
  readonly speakers: number;
}

export interface RowResult {
  readonly row: AblationRowPlan;
  /** Rows that are the same run. */
  readonly sameAs: readonly string[];
  readonly wa: MeanDeviation;
  readonly ua: MeanDeviation;
  /** Seeds with every fold asked for, and seeds without. */
  readonly seeds: readonly number[];
  readonly missingSeeds: readonly number[];
  /** Against the linear probe of the same folds and seeds; undefined where a run has none. */
  readonly overProbe: CellDifference | undefined;
  /** Against the first row; undefined for the rows that are the first one's run, and without shared seeds. */
  readonly difference: CellDifference | undefined;
}

export interface ContrastResult {
  readonly question: string;
  readonly from: string;
  readonly to: string;
  readonly difference: CellDifference;
  /** p of the permutation test over speakers, adjusted by Holm over all contrasts. */
  readonly adjustedP: number;
}

export interface AblationResults {
  readonly name: string;
  readonly rows: readonly RowResult[];
  readonly contrasts: readonly ContrastResult[];
  readonly notes: readonly string[];
  /** A sentence that has to stand beside every number. */
  readonly stamp?: string;
  readonly utterances: number;
  readonly folds: readonly number[];
  /** Training time over all runs. */
  readonly seconds: number;
}

export interface ResultsOptions {
  readonly plan: AblationPlan;
  readonly seeds: readonly number[];
  /** Folds asked for; those that the run says it has when empty. */
  readonly folds: readonly number[];
  readonly runDir: (cell: AblationCell, seed: number) => string;
  readonly resamples?: number;
}

/** One finished run of a cell. */
interface SeedRun {
  readonly seed: number;
  readonly labels: readonly string[];
  readonly lines: ReadonlyMap<string, PredictionLine>;
  /** What the linear probe says of the same utterances; nothing where a fold has none. */
  readonly probe: ReadonlyMap<string, PredictionLine>;
  readonly folds: readonly number[];
  readonly seconds: number;
  readonly stamp: string | undefined;
}

/** Reads the runs there are and computes the table. Runs that are not finished count as missing seeds. */
export async function ablationResults(options: ResultsOptions): Promise<AblationResults> {
  const { plan, seeds, resamples = 2000 } = options;
  const all = cells(plan);
  const runs = new Map<AblationCell, SeedRun[]>();
  for (const cell of all) {
    const found = await Promise.all(seeds.map((seed) => readSeed(options.runDir(cell, seed), seed, options.folds)));
    runs.set(
      cell,
      found.filter((run) => run !== undefined),
    );
  }
  const [reference] = all;
  const compare = (from: AblationCell, to: AblationCell): CellDifference | undefined =>
    differenceOf(runs.get(from) ?? [], runs.get(to) ?? [], resamples);
  const rows = all.flatMap((cell): RowResult[] => {
    const own = runs.get(cell) ?? [];
    const scores = own.map(scoresOf);
    const overProbe = differenceOf(probesOf(own), own, resamples);
    const difference = reference === undefined || cell === reference ? undefined : compare(reference, cell);
    return cell.rows.map((row) => ({
      row,
      sameAs: cell.rows.filter((other) => other !== row).map((other) => other.row),
      wa: meanDeviation(scores.map(({ wa }) => wa)),
      ua: meanDeviation(scores.map(({ ua }) => ua)),
      seeds: own.map(({ seed }) => seed),
      missingSeeds: seeds.filter((seed) => !own.some((run) => run.seed === seed)),
      overProbe,
      difference,
    }));
  });
  const order = plan.rows.map(({ row }) => row);
  const cellOf = (name: string): AblationCell | undefined =>
    all.find(({ rows: own }) => own.some(({ row }) => row === name));
  const contrasts = plan.contrasts.flatMap(({ question, from, to }) => {
    const [a, b] = [cellOf(from), cellOf(to)];
    const difference = a === undefined || b === undefined || a === b ? undefined : compare(a, b);
    return difference === undefined ? [] : [{ question, from, to, difference }];
  });
  const adjusted = holm(contrasts.map(({ difference }) => difference.permutation));
  const every = [...runs.values()].flat();
  const stamp = every.find((run) => run.stamp !== undefined)?.stamp;
  return {
    name: plan.name,
    rows: rows.sort((a, b) => order.indexOf(a.row.row) - order.indexOf(b.row.row)),
    contrasts: contrasts.map((contrast, index) => ({ ...contrast, adjustedP: adjusted[index] ?? NaN })),
    notes: plan.notes,
    ...(stamp === undefined ? {} : { stamp }),
    utterances: Math.max(0, ...every.map(({ lines }) => lines.size)),
    folds: [...new Set(every.flatMap(({ folds }) => folds))].sort((a, b) => a - b),
    seconds: every.reduce((total, run) => total + run.seconds, 0),
  };
}

/** The linear probes of runs that have one for every utterance, as if they were runs. */
const probesOf = (runs: readonly SeedRun[]): SeedRun[] =>
  runs.filter(({ lines, probe }) => probe.size === lines.size).map((run) => ({ ...run, lines: run.probe }));

/** The run of one seed, when all folds asked for are done. */
async function readSeed(dir: string, seed: number, folds: readonly number[]): Promise<SeedRun | undefined> {
  if (!(await isFolder(dir))) return undefined; // it has not begun
  const run = await readRun(dir);
  const wanted = folds.length > 0 ? folds : run.expectedFolds;
  const kept = run.folds.filter((fold) => fold.file !== undefined && wanted.includes(fold.index));
  if (kept.length < wanted.length || kept.length === 0) return undefined;
  const lines = testedLines({ ...run, folds: kept });
  const said = new Map(kept.flatMap((fold) => fold.probe).map((line) => [line.id, line]));
  const probe = new Map([...said].filter(([id, { label }]) => lines.get(id)?.label === label));
  const seconds = kept.reduce((total, fold) => total + (fold.file?.seconds ?? 0), 0);
  const stamp = stampOf(kept.flatMap(({ file }) => file ?? []));
  return { seed, labels: run.labels, lines, probe, folds: kept.map(({ index }) => index), seconds, stamp };
}

function scoresOf({ labels, lines }: SeedRun): { wa: number; ua: number } {
  const all = [...lines.values()];
  const confusion = confusionMatrix(
    all.map(({ label }) => labels.indexOf(label)),
    all.map(({ predicted }) => labels.indexOf(predicted)),
    labels.length,
  );
  return { wa: weightedAccuracy(confusion), ua: unweightedAccuracy(confusion) };
}

/** Seeds that both cells have, on utterances that all of their runs have tested. */
function differenceOf(from: readonly SeedRun[], to: readonly SeedRun[], resamples: number): CellDifference | undefined {
  const pairs = from.flatMap((a) => to.filter((b) => b.seed === a.seed).map((b) => [a, b] as const));
  const [first] = pairs;
  if (first === undefined) return undefined;
  const { labels } = first[0];
  const ids = [...first[0].lines.keys()].filter((id) => pairs.every(([a, b]) => a.lines.has(id) && b.lines.has(id)));
  const truth = ids.map((id) => labels.indexOf(first[0].lines.get(id)?.label ?? ''));
  const predictions = (run: SeedRun): number[] => ids.map((id) => labels.indexOf(run.lines.get(id)?.predicted ?? ''));
  const a = pairs.map(([run]) => predictions(run));
  const b = pairs.map(([, run]) => predictions(run));
  const classes = labels.length;
  const clusters = ids.map((id) => first[0].lines.get(id)?.speaker ?? '');
  const right = (runs: readonly number[][], i: number): number => runs.filter((run) => run[i] === truth[i]).length;
  const gains = truth.map((_, i) => (right(b, i) - right(a, i)) / pairs.length);
  const ua = (predicted: readonly number[]): number => unweightedAccuracy(confusionMatrix(truth, predicted, classes));
  const ensemble = (runs: readonly SeedRun[]): number[] => ids.map((id) => averagedClass(runs, id, labels));
  return {
    seeds: pairs.length,
    utterances: ids.length,
    ...pairedDifferences(truth, a, b, classes, { random: seeded('ablation'), resamples, clusters }),
    uaBySeed: meanDeviation(a.map((predicted, index) => ua(b[index] ?? []) - ua(predicted))),
    permutation: permutationTest(clusters, gains, seeded('permutation')),
    speakers: new Set(clusters).size,
    mcnemar: mcnemar(truth, ensemble(pairs.map(([run]) => run)), ensemble(pairs.map(([, run]) => run))),
  };
}

/** Class with the largest probability averaged over runs, as an index into `labels`. */
function averagedClass(runs: readonly SeedRun[], id: string, labels: readonly string[]): number {
  const sums = labels.map((label) =>
    runs.reduce((total, run) => total + (run.lines.get(id)?.probabilities[run.labels.indexOf(label)] ?? 0), 0),
  );
  return sums.indexOf(Math.max(...sums));
}

/** The folder of a run of an ablation. */
export function ablationRunName(
  plan: AblationPlan,
  corpus: string,
  encoder: string,
  cell: AblationCell,
  seed: number,
): string {
  const about = cell.settings.encoder === undefined ? [encoder, cell.slug] : [cell.slug];
  const words = [plan.name, corpus, ...about, `seed${seed}`].map((word) => word.replace(/[^A-Za-z0-9._-]+/g, '-'));
  return words.join('-');
}

/** Where the table of an ablation is written. */
export function ablationFolder(runs: string, plan: AblationPlan, corpus: string, encoder: string): string {
  return join(runs, `${plan.name}-${corpus}-${encoder}`.replace(/[^A-Za-z0-9._/-]+/g, '-'));
}
