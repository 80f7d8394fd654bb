import { realpath } from 'node:fs/promises';
import { InputError } from '@ser/files';
import type { Corpus, Utterance } from './corpus';
import { emotionOf } from './emotions';
import { type Fold, makeFold } from './folds';
import { labelForm } from './names';
import { byText } from './order';

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
  const inTest = new Map(test.labels.map((label) => [labelForm(label), label]));
  const labels = train.labels.filter((label) => inTest.has(labelForm(label)));
  const comparison = compareLabels(train, test, labels);
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

/** Both label sets, and which labels of the one may be which of the other. */
function compareLabels(train: Corpus, test: Corpus, shared: readonly string[]): string {
  const forms = new Set(shared.map(labelForm));
  const rest = (corpus: Corpus): string[] => corpus.labels.filter((label) => !forms.has(labelForm(label)));
  const pairs = rest(train).flatMap((a) =>
    rest(test)
      .filter((b) => emotionOf(a) !== undefined && emotionOf(a) === emotionOf(b))
      .map((b) => `${a} and ${b}`),
  );
  const hint =
    pairs.length === 0 ? '' : `; may be the same: ${pairs.join(', ')} (one name for both in a card joins them)`;
  return `labels of ${train.card.name}: ${train.labels.join(', ')}; of ${test.card.name}: ${test.labels.join(', ')}${hint}`;
}

function side(corpus: Corpus, labels: readonly string[], prefix: string): Utterance[] {
  const spelling = new Map(labels.map((label) => [labelForm(label), label]));
  const places = labels.map((label) => corpus.labels.findIndex((other) => labelForm(other) === labelForm(label)));
  return corpus.utterances.flatMap((utterance) => {
    const label = spelling.get(labelForm(utterance.label));
    if (label === undefined) return [];
    const { distribution, ...rest } = utterance;
    const weights = distribution && places.map((place) => distribution[place] ?? 0);
    const sum = weights?.reduce((a, b) => a + b, 0) ?? 0;
    return [
      {
        ...rest,
        label,
        ...(weights && { distribution: weights.map((weight) => weight / sum) }),
        id: `${prefix}/${utterance.id}`,
        speaker: `${prefix}/${utterance.speaker}`,
        ...(utterance.session !== undefined && { session: `${prefix}/${utterance.session}` }),
      },
    ];
  });
}
