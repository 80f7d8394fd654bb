import { folds, innerValidation, openCorpus, type Corpus, type Fold, type Utterance } from '@ser/datasets';
import type { Config } from '../config/schema';
import { InputError } from '../errors';
import { seeded } from '../random';

/** A fold and its inner validation utterances (part of `train`). */
export interface Split {
  readonly fold: Pick<Fold, 'index' | 'name' | 'train' | 'test' | 'testGroups'>;
  readonly validation: readonly Utterance[];
}

export interface OpenedData {
  readonly name: string;
  readonly labels: readonly string[];
  readonly splits: readonly Split[];
  readonly notes: readonly string[];
}

/**
 * Opens the corpus (or the two of a cross-corpus run) and makes its folds.
 * @throws {InputError} for a missing folder, wrong counts, or folds that do not exist.
 */
export async function openData(config: Config): Promise<OpenedData> {
  const options = { allowIncomplete: config.allowIncomplete };
  if (config.trainOn !== undefined && config.testOn !== undefined) {
    const train = await openCorpus(config.trainOn, config.trainDir ?? config.dataDir, options);
    const test = await openCorpus(config.testOn, config.testDir ?? config.dataDir, options);
    return crossCorpus(train, test);
  }
  const corpus = await openCorpus(config.dataset, config.dataDir, options);
  const splits = folds(corpus).map((fold) => ({ fold, validation: validationOf(config, corpus, fold) }));
  return { name: corpus.card.name, labels: corpus.labels, splits, notes: corpus.notes };
}

function validationOf(config: Config, corpus: Corpus, fold: Fold): readonly Utterance[] {
  if (config.validation === 0) return [];
  const random = seeded(config.seed, 'validation', fold.name);
  return innerValidation(fold, corpus, { groups: config.validation, random }).validation;
}

/** One fold: all of one corpus against all of another, over the labels both have. */
function crossCorpus(train: Corpus, test: Corpus): OpenedData {
  const labels = train.labels.filter((label) => test.labels.includes(label));
  if (labels.length < 2) {
    throw new InputError(
      `${train.card.name} (${train.labels.join(', ')}) and ${test.card.name} (${test.labels.join(', ')}) ` +
        'have fewer than two labels in common',
    );
  }
  const shared = ({ label }: Utterance): boolean => labels.includes(label);
  const rename = (prefix: string, utterances: readonly Utterance[]): Utterance[] =>
    utterances.filter(shared).map((utterance) => ({ ...utterance, id: `${prefix}/${utterance.id}` }));
  const name = `${train.card.name} to ${test.card.name}`;
  // Speakers of two corpora may bear the same name; the same files on both sides are what must not happen.
  const trainFiles = new Set(train.utterances.map(({ audio }) => audio));
  const both = test.utterances.find(({ audio }) => trainFiles.has(audio));
  if (both) throw new InputError(`${name}: ${both.audio} is in both corpora; training and test must not share audio`);
  const fold = {
    index: 1,
    name,
    train: rename('train', train.utterances),
    test: rename('test', test.utterances),
    testGroups: [...new Set(test.utterances.map(({ speaker }) => speaker))].sort(),
  };
  return { name, labels, splits: [{ fold, validation: [] }], notes: [...train.notes, ...test.notes] };
}
