import { crossCorpus, folds, innerValidation, openCorpus, type Corpus, type Fold, type Utterance } from '@ser/datasets';
import type { Config } from '../config/schema';
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
    const { corpus, fold } = await crossCorpus(train, test);
    return {
      name: corpus.card.name,
      labels: corpus.labels,
      splits: [{ fold, validation: validationOf(config, corpus, fold) }],
      notes: corpus.notes,
    };
  }
  const corpus = await openCorpus(config.dataset, config.dataDir, options);
  const splits = folds(corpus).map((fold) => ({ fold, validation: validationOf(config, corpus, fold) }));
  return { name: corpus.card.name, labels: corpus.labels, splits, notes: corpus.notes };
}

function validationOf(config: Config, corpus: Corpus, fold: Fold): readonly Utterance[] {
  if (config.validationGroups === 0) return [];
  const random = seeded(config.seed, 'validation', fold.name);
  return innerValidation(fold, corpus, { groups: config.validationGroups, random }).validation;
}
