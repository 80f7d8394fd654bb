import type { Corpus, Utterance } from './corpus';
import { InputError } from '@ser/files';
import { byText, countBy, distinct } from './order';
import { seededRandom, shuffle } from './random';

/** Carried by checked splits only: an object literal is not a Fold, so no leaking split can be passed off as one. */
const checked: unique symbol = Symbol('checked split');

/** What is kept together. */
export type GroupBy = 'speaker' | 'session';

/** One train / test split that shares no group and no speaker. Made by `folds` and `makeFold` only. */
export interface Fold {
  /** 1-based. */
  readonly index: number;
  readonly name: string;
  readonly train: readonly Utterance[];
  readonly test: readonly Utterance[];
  readonly testGroups: readonly string[];
  /** What a group is. */
  readonly groupBy: GroupBy;
  readonly [checked]: true;
}

/** Training utterances split once more, by group, to choose settings without looking at the test fold. */
export interface InnerSplit {
  readonly train: readonly Utterance[];
  readonly validation: readonly Utterance[];
  readonly validationGroups: readonly string[];
  readonly [checked]: true;
}

/** The group of an utterance. */
export function groupOf(utterance: Utterance, by: GroupBy): string {
  if (by === 'speaker') return utterance.speaker;
  if (utterance.session !== undefined) return utterance.session;
  throw new InputError(`utterance ${utterance.id} has no session, and its corpus folds by session`);
}

/** What the card keeps together; folds by column keep speakers together. */
export function groupBy(corpus: Corpus): GroupBy {
  return corpus.card.folds.by === 'session' ? 'session' : 'speaker';
}

/**
 * The folds of a corpus by the rule of its card, in a stable order. Every utterance is tested at most once.
 *
 * @throws {InputError} when a group would be on both sides, when a group is in no fold, or when there is nothing to split.
 */
export function folds(corpus: Corpus): readonly Fold[] {
  const rule = corpus.card.folds;
  if (rule.by === 'column') return columnFolds(corpus);
  const by = groupBy(corpus);
  const group = (utterance: Utterance): string => groupOf(utterance, by);
  const groups = distinct(corpus.utterances.map(group));
  if (groups.length < 2) {
    throw new InputError(
      `${corpus.card.name}: ${groups.length} ${rule.by} in all, expected at least two to make folds`,
    );
  }
  const parts = rule.groups
    ? listedParts(corpus, rule.groups, groups)
    : rule.k
      ? dealtParts(corpus, groups, rule.k)
      : groups.map((g) => [g]);
  if (parts.length < 2)
    throw new InputError(`${corpus.card.name}: all utterances are in one fold, none is left to train on`);
  return parts.map((testGroups, i) => {
    const held = new Set(testGroups);
    return makeFold({
      index: i + 1,
      name: testGroups.join('+'),
      train: corpus.utterances.filter((u) => !held.has(group(u))),
      test: corpus.utterances.filter((u) => held.has(group(u))),
      groupBy: by,
    });
  });
}

/**
 * A fold from two lists of utterances, checked: the only way to make one.
 *
 * @throws {InputError} when a group, a speaker or an utterance is on both sides, or a side is empty.
 */
export function makeFold(parts: {
  readonly index: number;
  readonly name: string;
  readonly train: readonly Utterance[];
  readonly test: readonly Utterance[];
  readonly groupBy: GroupBy;
}): Fold {
  const name = `fold ${parts.index} (${parts.name})`;
  assertDisjoint(name, 'train', parts.train, 'test', parts.test, parts.groupBy);
  return { ...parts, testGroups: distinct(parts.test.map((u) => groupOf(u, parts.groupBy))), [checked]: true };
}

/**
 * Takes whole groups out of a fold's training side for validation. The test side is not looked at.
 *
 * @param options.groups How many groups to hold out; at least one stays for training.
 * @param options.random Uniform numbers in [0, 1): which groups.
 */
export function innerValidation(
  fold: Fold,
  corpus: Corpus,
  options: { readonly groups: number; readonly random: () => number },
): InnerSplit {
  const group = (utterance: Utterance): string => groupOf(utterance, fold.groupBy);
  const groups = distinct(fold.train.map(group));
  if (!Number.isInteger(options.groups) || options.groups < 1 || options.groups >= groups.length) {
    throw new InputError(
      `${corpus.card.name}: ${options.groups} validation groups, expected 1 to ${groups.length - 1}: ` +
        `fold ${fold.index} trains on ${groups.length}`,
    );
  }
  const validationGroups = shuffle(groups, options.random).slice(0, options.groups).sort(byText);
  const held = new Set(validationGroups);
  const train = fold.train.filter((u) => !held.has(group(u)));
  const validation = fold.train.filter((u) => held.has(group(u)));
  const name = `inner validation of fold ${fold.index}`;
  assertDisjoint(name, 'train', train, 'validation', validation, fold.groupBy);
  assertDisjoint(name, 'validation', validation, 'test', fold.test, fold.groupBy);
  return { train, validation, validationGroups, [checked]: true };
}

function assertDisjoint(
  name: string,
  nameA: string,
  a: readonly Utterance[],
  nameB: string,
  b: readonly Utterance[],
  by: GroupBy,
): void {
  for (const [side, list] of [
    [nameA, a],
    [nameB, b],
  ] as const) {
    if (list.length === 0) throw new InputError(`${name}: no utterance in ${side}`);
  }
  const keys: readonly [string, (utterance: Utterance) => string][] = [
    ['utterance', (u) => u.id],
    ['group', (u) => groupOf(u, by)],
    ['speaker', (u) => u.speaker],
  ];
  for (const [what, key] of keys) {
    const left = new Set(a.map(key));
    const shared = distinct(b.map(key).filter((value) => left.has(value)));
    if (shared.length > 0) {
      const list = shared.slice(0, 5).join(', ') + (shared.length > 5 ? ` and ${shared.length - 5} more` : '');
      throw new InputError(`${name}: ${what} ${list} on both sides, ${nameA} and ${nameB}; expected none`);
    }
  }
}

/** The groups as the card lists them, without those that are not there (an incomplete corpus). */
function listedParts(corpus: Corpus, listed: readonly (readonly string[])[], present: readonly string[]): string[][] {
  const known = new Set(listed.flat());
  const left = present.filter((group) => !known.has(group));
  if (left.length > 0) {
    throw new InputError(`${corpus.card.name}: ${corpus.card.folds.by} ${left.join(', ')} in no fold of the card`);
  }
  const there = new Set(present);
  return listed.map((groups) => groups.filter((group) => there.has(group))).filter((groups) => groups.length > 0);
}

/** `k` parts of about the same number of utterances: shuffled, then the largest group to the smallest part. */
function dealtParts(corpus: Corpus, groups: readonly string[], k: number): string[][] {
  if (k > groups.length) {
    throw new InputError(
      `${corpus.card.name}: ${k} folds of ${groups.length} ${corpus.card.folds.by} groups, expected at most ${groups.length}`,
    );
  }
  const sizes = countBy(corpus.utterances, (u) => groupOf(u, groupBy(corpus)));
  const size = (group: string): number => sizes.get(group) ?? 0;
  const parts = Array.from({ length: k }, () => ({ groups: [] as string[], size: 0 }));
  for (const group of shuffle(groups, seededRandom(corpus.card.folds.seed ?? 0)).sort((a, b) => size(b) - size(a))) {
    const smallest = parts.reduce((best, part) => (part.size < best.size ? part : best));
    smallest.groups.push(group);
    smallest.size += size(group);
  }
  return parts.map((part) => part.groups.sort(byText)).sort((a, b) => byText(a[0] ?? '', b[0] ?? ''));
}

/** By the manifest's `split` column: one fold of train and test, or one fold for each value. */
function columnFolds(corpus: Corpus): readonly Fold[] {
  const split = (utterance: Utterance): string => {
    if (utterance.split !== undefined) return utterance.split;
    throw new InputError(`${corpus.card.name}: utterance ${utterance.id} has no split, and its card folds by column`);
  };
  const values = distinct(corpus.utterances.map(split));
  if (values.length < 2) {
    throw new InputError(
      `${corpus.card.name}: one split in all (${values.join()}), expected train and test, or two folds or more`,
    );
  }
  const fixed = values.includes('train') && values.includes('test');
  const rest = values.filter((value) => !['train', 'test'].includes(value));
  if (fixed && rest.length > 0) {
    throw new InputError(
      `${corpus.card.name}: splits ${values.join(', ')}; expected train and test alone, or names of folds`,
    );
  }
  return (fixed ? ['test'] : values).map((value, i) =>
    makeFold({
      index: i + 1,
      name: value,
      train: corpus.utterances.filter((u) => split(u) !== value),
      test: corpus.utterances.filter((u) => split(u) === value),
      groupBy: groupBy(corpus),
    }),
  );
}
