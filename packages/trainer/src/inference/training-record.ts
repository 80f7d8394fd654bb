import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findCard, type CorpusCard } from '@ser/datasets';
import type { Config } from '../config/schema';
import { isInputError } from '@ser/files';
import { areSame } from '../record/fingerprint';
import { allDataIndex, finishedFold } from '../record/fold-result';
import { readRun } from '../record/read-run';
import { runFingerprint, storedRun } from '../record/run-config';
import type { Heard } from '../record/heard';
import type { FoldResult } from '../record/run-files';
import type { Accuracy } from '../report/results';
import { stampOf } from '../report/stamps';
import { summarize } from '../report/summarize';

/** An accuracy with its 95 % bootstrap interval over speakers, all in [0, 1]. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What cross-validation came to. */
export interface CrossValidated {
  readonly folds: number;
  readonly of: number;
  readonly utterances: number;
  readonly wa: Measured;
  readonly ua: Measured;
}

/** What a model was trained and tested on, and under which terms. */
export interface TrainingRecord extends Readonly<Record<string, unknown>> {
  readonly corpus: {
    readonly name: string;
    readonly title?: string;
    readonly language?: string;
    readonly license?: CorpusCard['license'];
    readonly citation?: string;
    readonly url?: string;
  };
  readonly encoder: { readonly kind: string; readonly name?: string };
  /** The fold that this model was tested on, on speakers that it was not trained on. */
  readonly fold?: {
    readonly fold: number;
    readonly trainUtterances: number;
    readonly trainGroups: readonly string[];
    readonly testUtterances: number;
    readonly testGroups: readonly string[];
    readonly wa: number;
    readonly ua: number;
  };
  /** In place of a fold: the model was trained on everything, and nothing was left to test it on. */
  readonly allData?: { readonly utterances: number; readonly speakers: number };
  /**
   * All folds of its run that are done, predictions put together. Of a model of all data: the finished cross-validation
   * with the same settings, data and encoder, if there is one.
   */
  readonly crossValidation?: CrossValidated;
  /** Where the corpus has several test sets: the result of each, in place of the two above together. */
  readonly testSets?: readonly {
    readonly name: string;
    readonly utterances: number;
    readonly wa: Measured;
    readonly ua: Measured;
  }[];
  /** A sentence that has to stand beside the results. */
  readonly stamp?: string;
  /** What it was trained on, file by file; models that are older do not say. */
  readonly heard?: Heard;
  /** Utterances of each class in training. */
  readonly trainClasses?: Readonly<Record<string, number>>;
  readonly versions?: Readonly<Record<string, string>>;
}

/** Gathers it from the model's settings, the corpus' card and the run around its folder, as far as they are there. */
export async function trainingRecord(
  config: Config,
  labels: readonly string[],
  foldDir: string,
  heard?: Heard,
): Promise<TrainingRecord> {
  const fold = await finishedFold(foldDir);
  const { kind, ...named } = { kind: config.encoder, ...(config.weights ? { name: basename(config.weights) } : {}) };
  const known = {
    corpus: await corpusOf(config.trainOn ?? config.dataset),
    encoder: { kind, ...named },
    ...(heard ? { heard } : {}),
  };
  if (!fold || fold.labels.join() !== labels.join()) return known;
  const about = { ...known, trainClasses: fold.trainClasses };
  if (fold.fold === allDataIndex) {
    return {
      ...about,
      allData: { utterances: fold.trainUtterances, speakers: fold.trainGroups.length },
      ...(await crossValidatedEstimate(dirname(foldDir), fold)),
      versions: fold.versions,
    };
  }
  const tested = await testedResults(dirname(foldDir));
  const stamp = stampOf([fold]);
  return {
    ...about,
    fold: {
      fold: fold.fold,
      trainUtterances: fold.trainUtterances,
      trainGroups: fold.trainGroups,
      testUtterances: fold.testUtterances,
      testGroups: fold.testGroups,
      wa: fold.wa,
      ua: fold.ua,
    },
    ...tested?.results,
    ...(stamp === undefined ? {} : { stamp }),
    versions: fold.versions,
  };
}

async function corpusOf(dataset: string): Promise<TrainingRecord['corpus']> {
  try {
    const { card } = await findCard(dataset);
    const { name, title, language, license, source } = card;
    const { citation, url } = source;
    return { name, title, ...(language ? { language } : {}), license, citation, ...(url ? { url } : {}) };
  } catch (error) {
    // The card of an own corpus may have moved since.
    if (isInputError(error)) return { name: basename(dataset, '.json') };
    throw error;
  }
}

type Results = Pick<TrainingRecord, 'crossValidation' | 'testSets' | 'stamp'>;

/**
 * The results of the finished cross-validation that tell what a model of all data is worth: of the run it is in, or of one
 * beside it that was made from the same settings, data and encoder. Empty without one.
 */
export async function crossValidatedEstimate(runDir: string, model: FoldResult): Promise<Results> {
  const beside = await readdir(dirname(runDir)).catch((): string[] => []);
  for (const dir of [runDir, ...beside.map((name) => join(dirname(runDir), name)).filter((dir) => dir !== runDir)]) {
    if (!(await isSameMaking(dir, model))) continue;
    const found = await testedResults(dir);
    if (found?.isComplete === true) return found.results;
  }
  return {};
}

/** Whether a run was made from what the model was made from. What is no run, or is damaged, was not. */
async function isSameMaking(runDir: string, { fingerprint }: FoldResult): Promise<boolean> {
  try {
    const stored = await storedRun(runDir);
    const run = stored && runFingerprint(stored, runDir);
    return run !== undefined && fingerprint !== undefined && areSame(run, fingerprint);
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
}

/** The results of a run: of each test set where there are several, else of all folds together. */
async function testedResults(runDir: string): Promise<{ isComplete: boolean; results: Results } | undefined> {
  try {
    const run = await readRun(runDir);
    const { pooled, testSets, folds, expectedFolds, stamp } = summarize(run);
    const measured = ({
      utterances,
      wa,
      ua,
      intervals,
    }: Accuracy): { utterances: number; wa: Measured; ua: Measured } => ({
      utterances,
      wa: { value: wa, ...intervals.wa },
      ua: { value: ua, ...intervals.ua },
    });
    const done = folds.filter(({ status }) => status === 'done').length;
    const results =
      testSets.length > 0
        ? { testSets: testSets.map((set) => ({ name: set.name, ...measured(set) })) }
        : { crossValidation: { folds: done, of: expectedFolds.length, ...measured(pooled) } };
    return {
      isComplete: done > 0 && done === expectedFolds.length,
      results: { ...results, ...(stamp === undefined ? {} : { stamp }) },
    };
  } catch (error) {
    // A fold's folder by itself, without the run around it.
    if (isInputError(error)) return undefined;
    throw error;
  }
}
