import { InputError } from '@ser/files';
import type { Corpus } from './corpus';
import { countBy } from './order';
import { compareLabels, labelIn, relabel, type Labels } from './relabel';

/** A corpus under the labels of a model. */
export interface MatchedLabels {
  /** With the labels of the model, in its order, and the utterances whose label it knows. Its notes say the rest. */
  readonly corpus: Corpus;
  /** Labels of the model that no utterance has. */
  readonly absent: readonly string[];
}

/**
 * Puts a corpus under the labels of a model that is to be tested on it. Labels are the same when they differ in case,
 * outer spaces or Unicode form only, or when `map` says so; utterances with others are left out and counted.
 *
 * @param model its labels in the order of its outputs, and its name for messages
 * @param options.map label of the corpus to label of the model; several may become one
 * @throws {InputError} when `map` names a label that is not there, or fewer than two labels are shared: both sets, and
 *   which may be the same.
 */
export function matchLabels(
  corpus: Corpus,
  model: Labels,
  options: { readonly map?: Readonly<Record<string, string>> } = {},
): MatchedLabels {
  const data = { name: corpus.card.name, labels: corpus.labels };
  const inModel = labelIn(model.labels);
  const mapped = checkedMap(data, model, options.map ?? {});
  const other = (label: string): string | undefined => mapped.get(label) ?? inModel(label);
  const utterances = relabel(corpus.utterances, corpus.labels, model.labels, other);
  const there = new Set(utterances.map(({ label }) => label));
  const comparison = compareLabels(
    { ...data, labels: data.labels.filter((label) => !mapped.has(label)) },
    model,
    '--labels-map=A=B takes label A of the corpus for B of the model',
  );
  if (there.size < 2) {
    const shared = [...there].join();
    throw new InputError(
      `${data.name} has ${shared === '' ? 'no utterance with a label' : `only ${shared} of the labels`} of ${model.name}, ` +
        `expected at least two: ${comparison}`,
    );
  }
  const left = countBy(
    corpus.utterances.filter(({ label }) => other(label) === undefined),
    ({ label }) => label,
  );
  const absent = model.labels.filter((label) => !there.has(label));
  const pairs = [...mapped].map(([from, to]) => `${from} as ${to}`);
  const notes = [
    comparison,
    ...(pairs.length > 0 ? [`labels taken for others: ${pairs.join(', ')}`] : []),
    ...(left.size > 0
      ? [
          `utterances with labels that the model does not know are left out: ${[...left].map(([label, n]) => `${n} ${label}`).join(', ')}`,
        ]
      : []),
    ...(absent.length > 0
      ? [`the model knows labels that no utterance has, and may say them: ${absent.join(', ')}`]
      : []),
  ];
  const { expected: _, select: __, exclude: ___, ...card } = corpus.card;
  const labels = { classes: model.labels, map: Object.fromEntries(model.labels.map((label) => [label, label])) };
  return {
    corpus: {
      ...corpus,
      card: { ...card, labels },
      labels: model.labels,
      utterances,
      notes: [...corpus.notes, ...notes],
    },
    absent,
  };
}

/** The map in the spelling of corpus and model. */
function checkedMap(corpus: Labels, model: Labels, map: Readonly<Record<string, string>>): Map<string, string> {
  const found = (set: Labels, label: string): string => {
    const own = labelIn(set.labels)(label);
    if (own !== undefined) return own;
    throw new InputError(`--labels-map: ${set.name} has no label ${label}, expected one of ${set.labels.join(', ')}`);
  };
  return new Map(Object.entries(map).map(([from, to]) => [found(corpus, from), found(model, to)]));
}
