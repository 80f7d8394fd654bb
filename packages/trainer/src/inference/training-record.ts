import { basename, dirname } from 'node:path';
import { findCard, type CorpusCard } from '@ser/datasets';
import type { Config } from '../config/schema';
import { isInputError } from '@ser/files';
import { finishedFold } from '../record/fold-result';
import { readRun } from '../record/read-run';
import { summarize } from '../report/summarize';

/** An accuracy with its 95 % bootstrap interval over utterances, all in [0, 1]. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
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
  /** All folds of its run that are done, predictions put together. */
  readonly crossValidation?: {
    readonly folds: number;
    readonly of: number;
    readonly utterances: number;
    readonly wa: Measured;
    readonly ua: Measured;
  };
  readonly versions?: Readonly<Record<string, string>>;
}

/** Gathers it from the model's settings, the corpus' card and the run around its folder, as far as they are there. */
export async function trainingRecord(
  config: Config,
  labels: readonly string[],
  foldDir: string,
): Promise<TrainingRecord> {
  const fold = await finishedFold(foldDir);
  const { kind, ...named } = { kind: config.encoder, ...(config.weights ? { name: basename(config.weights) } : {}) };
  const crossValidation = fold ? await crossValidated(dirname(foldDir)) : undefined;
  return {
    corpus: await corpusOf(config.dataset),
    encoder: { kind, ...named },
    ...(fold && fold.labels.join() === labels.join()
      ? {
          fold: {
            fold: fold.fold,
            trainUtterances: fold.trainUtterances,
            trainGroups: fold.trainGroups,
            testUtterances: fold.testUtterances,
            testGroups: fold.testGroups,
            wa: fold.wa,
            ua: fold.ua,
          },
          ...(crossValidation ? { crossValidation } : {}),
          versions: fold.versions,
        }
      : {}),
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

async function crossValidated(runDir: string): Promise<TrainingRecord['crossValidation'] | undefined> {
  try {
    const run = await readRun(runDir);
    const { pooled, utterances, folds, expectedFolds } = summarize(run);
    const measured = (of: 'wa' | 'ua'): Measured => ({ value: pooled[of], ...pooled.intervals[of] });
    return {
      folds: folds.filter(({ status }) => status === 'done').length,
      of: expectedFolds.length,
      utterances,
      wa: measured('wa'),
      ua: measured('ua'),
    };
  } catch (error) {
    // A fold's folder by itself, without the run around it.
    if (isInputError(error)) return undefined;
    throw error;
  }
}
