import { realpath } from 'node:fs/promises';
import { InputError } from '@ser/files';
import type { Corpus, Utterance } from './corpus';
import { type Fold, makeFold } from './folds';
import { byText } from './order';
import { compareLabels, labelIn, relabel } from './relabel';

/** One corpus to train on and another to test on, as if they were one corpus with a single fold. */
export interface CrossCorpus {
  /** Both corpora, over the labels both have. */
  readonly corpus: Corpus;
  /** Trains on the one, tests on the other. */
  readonly fold: Fold;
}

/**
 * Joins two corpora for cross-corpus evaluation, over the labels that both have, in the order and spelling of the
 * training corpus. Ids, speakers and sessions get the corpus's name in front, because 01 is someone else in each; of two
 * cards over the same folder, equal speakers are equal. A note lists both label sets and what may be the same in them.
 *
 * @throws {InputError} when fewer than two labels are shared, or a speaker or an audio file is on both sides.
 */
export async function crossCorpus(train: Corpus, test: Corpus): Promise<CrossCorpus> {
  const inTest = labelIn(test.labels);
  const labels = train.labels.filter((label) => inTest(label) !== undefined);
  const comparison = compareLabels(
    { name: train.card.name, labels: train.labels },
    { name: test.card.name, labels: test.labels },
    'one name for both in a card joins them',
  );
  if (labels.length < 2) {
    throw new InputError(
      `${train.card.name} and ${test.card.name} share ${labels.length === 0 ? 'no label' : `only the label ${labels[0]}`}, ` +
        `expected at least two: ${comparison}`,
    );
  }
  const sameRoot = (await realpath(train.root)) === (await realpath(test.root));
  const left = side(train, labels, train.card.name);
  const right = side(test, labels, sameRoot ? train.card.name : test.card.name);
  const files = new Set(left.map((u) => u.audio));
  const shared = right.find((u) => files.has(u.audio));
  if (shared)
    throw new InputError(`${shared.audio}: in both ${train.card.name} and ${test.card.name}, expected no file in both`);
  const name = `${train.card.name}-on-${test.card.name}`;
  const utterances = [...left, ...right].sort((a, b) => byText(a.id, b.id));
  const dropped = train.utterances.length + test.utterances.length - utterances.length;
  const { expected: _, select: __, exclude: ___, ...card } = train.card;
  return {
    corpus: {
      card: {
        ...card,
        name,
        title: `${train.card.title}, tested on: ${test.card.title}`,
        labels: { classes: labels, map: Object.fromEntries(labels.map((label) => [label, label])) },
        folds: { by: 'speaker' },
      },
      root: train.root,
      labels,
      utterances,
      notes: [
        `labels in both: ${labels.join(', ')}; ${dropped} utterances with other labels left out`,
        comparison,
        ...train.notes.map((note) => `${train.card.name}: ${note}`),
        ...test.notes.map((note) => `${test.card.name}: ${note}`),
      ],
    },
    fold: makeFold({ index: 1, name: test.card.name, train: left, test: right, groupBy: 'speaker' }),
  };
}

function side(corpus: Corpus, labels: readonly string[], prefix: string): Utterance[] {
  return relabel(corpus.utterances, corpus.labels, labels, labelIn(labels)).map((utterance) => ({
    ...utterance,
    id: `${prefix}/${utterance.id}`,
    speaker: `${prefix}/${utterance.speaker}`,
    ...(utterance.session !== undefined && { session: `${prefix}/${utterance.session}` }),
  }));
}
