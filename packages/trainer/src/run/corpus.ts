import {
  allData,
  assertNoSharedAudio,
  crossCorpus,
  folds,
  innerValidation,
  leaveOutShort,
  openCorpus,
  type Corpus,
  type Fold,
  type Utterance,
} from '@ser/datasets';
import { InputError } from '@ser/files';
import type { Config } from '../config/schema';
import { sampleRate } from '../data/plan';
import { seeded } from '../random';

/** A fold and its inner validation: the corpus's own development set, or a part of `train`. */
export interface Split {
  readonly fold: Pick<Fold, 'index' | 'name' | 'train' | 'test' | 'testGroups' | 'testSets' | 'sharedSpeakers'>;
  readonly validation: readonly Utterance[];
}

export interface OpenedData {
  readonly name: string;
  readonly labels: readonly string[];
  readonly splits: readonly Split[];
  /** Everything as one training side. */
  readonly allData: () => Split;
  readonly notes: readonly string[];
}

/**
 * Opens the corpus (or the two of a cross-corpus run) and makes its folds.
 * @param shortest Fewest samples at 16 kHz that the encoder takes: what is shorter is left out where a corpus may be
 *   incomplete, and is asked for in no other case.
 * @throws {InputError} for a missing folder, wrong counts, folds that do not exist, or audio on both sides of one.
 */
export async function openData(config: Config, shortest: () => Promise<number>): Promise<OpenedData> {
  const open = async (name: string, dir: string | undefined): Promise<Corpus> => {
    const { allowIncomplete, where, foldsBy } = config;
    const corpus = await openCorpus(name, dir, { allowIncomplete, where, foldsBy });
    return allowIncomplete ? leaveOutShort(corpus, (await shortest()) / sampleRate) : corpus;
  };
  if (config.trainOn !== undefined && config.testOn !== undefined) {
    const train = await open(config.trainOn, config.trainDir ?? config.dataDir);
    const test = await open(config.testOn, config.testDir ?? config.dataDir);
    const { corpus, fold } = await crossCorpus(train, test);
    await assertNoSharedAudio([fold]);
    return {
      name: corpus.card.name,
      labels: corpus.labels,
      splits: [{ fold, validation: validationOf(config, corpus, fold) }],
      allData: () => {
        throw new InputError('--folds=all-data: expected --dataset, one corpus, and not --train-on and --test-on');
      },
      notes: corpus.notes,
    };
  }
  const corpus = await open(config.dataset, config.dataDir);
  const made = folds(corpus, { sharedSpeakers: config.sharedSpeakers });
  await assertNoSharedAudio(made);
  const splits = made.map((fold) => ({ fold, validation: validationOf(config, corpus, fold) }));
  const shared = sharedNote(made);
  const notes = shared === undefined ? corpus.notes : [...corpus.notes, shared];
  const everything = (): Split => {
    const fold = allData(corpus);
    return { fold, validation: validationOf(config, corpus, fold) };
  };
  return { name: corpus.card.name, labels: corpus.labels, splits, allData: everything, notes };
}

/** Folds that share speakers are not a speaker-independent evaluation: every result must say so. */
function sharedNote(made: readonly Fold[]): string | undefined {
  const shared = new Set(made.flatMap(({ sharedSpeakers }) => sharedSpeakers)).size;
  return shared === 0 ? undefined : `not speaker-independent: ${shared} speakers are in train and test, as was allowed`;
}

function validationOf(config: Config, corpus: Corpus, fold: Fold): readonly Utterance[] {
  // The corpus's own development set is never trained on, whether it is used to choose or not.
  if (config.validationGroups === 0) return fold.dev;
  const random = seeded(config.seed, 'validation', fold.name);
  const { validationGroups: groups, sharedSpeakers } = config;
  const consent = fold.test.length === 0 ? { sharedSpeakers } : {};
  return innerValidation(fold, corpus, { groups, random, ...consent }).validation;
}
