import path from 'node:path';
import { InputError } from '@ser/files';
import type { Corpus, Utterance } from './corpus';
import { isOfficialSplit, officialSplit } from './official-split';
import { byText, countBy, distinct } from './order';
import { seededRandom, shuffle } from './random';
import { columnOf } from './select';

/** Carried by checked splits only: an object literal is not a Fold, so no leaking split can be passed off as one. */
const checked: unique symbol = Symbol('checked split');

/** What is kept together: `speaker`, `session`, or a column of the corpus. */
export type GroupBy = string;

/** A part of the test side that has a result of its own, such as Test1 and Test2 of MSP-Podcast. */
export interface TestSet {
  readonly name: string;
  readonly utterances: readonly Utterance[];
}

/** One train / test split that shares no group and no speaker. Made by `folds`, `makeFold` and `allData` only. */
export interface Fold {
  /** 1-based. */
  readonly index: number;
  readonly name: string;
  readonly train: readonly Utterance[];
  /** The corpus's own development set: part of neither side. Empty where it has none. */
  readonly dev: readonly Utterance[];
  readonly test: readonly Utterance[];
  /** The parts of `test`, where a corpus has several test sets; empty otherwise. */
  readonly testSets: readonly TestSet[];
  readonly testGroups: readonly string[];
  /** What a group is. */
  readonly groupBy: GroupBy;
  /** Whether its name is that of its test groups, as in a cross-validation. */
  readonly namedByGroups?: boolean;
  /** Speakers on both sides, by design of the corpus and with the user's consent: to be said beside every result. */
  readonly sharedSpeakers: readonly string[];
  readonly [checked]: true;
}

/** Training utterances split once more, by group, to choose settings without looking at the test fold. */
export interface InnerSplit {
  readonly train: readonly Utterance[];
  readonly validation: readonly Utterance[];
  readonly validationGroups: readonly string[];
  readonly [checked]: true;
}

/** Whether one speaker may be on both sides. */
export interface FoldOptions {
  /** `allowed`: for a split that shares speakers by design (MELD), or folds by sentence. Refused without it. */
  readonly sharedSpeakers?: 'allowed' | 'refused';
}

/** The group of an utterance. */
export function groupOf(utterance: Utterance, by: GroupBy): string {
  const group = columnOf(utterance, by);
  if (group !== undefined) return group;
  throw new InputError(`utterance ${utterance.id} has no ${by}, and its corpus folds by ${by}`);
}

/** What the card keeps together; folds by the corpus's own split keep speakers together. */
export function groupBy(corpus: Corpus): GroupBy {
  const { by } = corpus.card.folds;
  return isSplit(by) ? 'speaker' : by;
}

const isSplit = (by: string): boolean => by === 'split' || by === 'column';

/**
 * The folds of a corpus by the rule of its card, in a stable order. Every utterance is tested at most once.
 *
 * @throws {InputError} when a group or a stretch of audio would be on both sides, when a group is in no fold, or when
 *   there is nothing to split.
 */
export function folds(corpus: Corpus, options: FoldOptions = {}): readonly Fold[] {
  return foldParts(corpus).map((parts) => makeFold(parts, options));
}

/** The sides of a fold, not yet checked. */
export interface FoldParts {
  readonly index: number;
  readonly name: string;
  readonly train: readonly Utterance[];
  readonly test: readonly Utterance[];
  readonly groupBy: GroupBy;
  readonly namedByGroups?: boolean;
  readonly dev?: readonly Utterance[];
  readonly testSets?: readonly TestSet[];
}

/** The folds by the rule of the card, before anything is looked for that is on two sides. */
export function foldParts(corpus: Corpus): readonly FoldParts[] {
  const rule = corpus.card.folds;
  if (isSplit(rule.by)) return splitParts(corpus);
  const by = groupBy(corpus);
  const group = (utterance: Utterance): string => groupOf(utterance, by);
  const groups = distinct(corpus.utterances.map(group));
  refuseSides(corpus, by, groups);
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
    return {
      index: i + 1,
      name: foldName(testGroups),
      train: corpus.utterances.filter((u) => !held.has(group(u))),
      test: corpus.utterances.filter((u) => held.has(group(u))),
      groupBy: by,
      namedByGroups: true,
    };
  });
}

/** Train and test, each as the test side of a fold, would train on the test set. */
function refuseSides({ card }: Corpus, by: GroupBy, groups: readonly string[]): void {
  if (by === 'speaker' || by === 'session' || !isOfficialSplit(groups)) return;
  throw new InputError(
    `${card.name}: folds.by is ${by}, which holds ${groups.slice(0, 10).join(', ')}; expected for a split into train and test: ` +
      `"columns": { "split": ${JSON.stringify(by)} } and "folds": { "by": "split" }`,
  );
}

/** A fold of many groups is not named by all of them: names become those of folders. */
function foldName(groups: readonly string[]): string {
  const whole = groups.join('+');
  return whole.length <= 60 ? whole : `${groups[0]}+${groups.length - 1} more`;
}

/**
 * A fold from lists of utterances, checked: the only way to make one.
 *
 * @throws {InputError} when a group, a speaker, an utterance or a stretch of audio is on both sides, or a side is empty.
 */
export function makeFold(parts: FoldParts, options: FoldOptions = {}): Fold {
  const { dev = [], testSets = [] } = parts;
  const name = `fold ${parts.index} (${parts.name})`;
  const shared = new Set<string>();
  const compare = (a: Side, b: Side): void => {
    for (const speaker of assertDisjoint(name, a, b, parts.groupBy, options)) shared.add(speaker);
  };
  const train: Side = ['train', parts.train];
  const test: Side = ['test', parts.test];
  compare(train, test);
  if (dev.length > 0) {
    compare(train, ['dev', dev]);
    compare(['dev', dev], test);
  }
  return {
    ...parts,
    dev,
    testSets,
    testGroups: distinct(parts.test.map((u) => groupOf(u, parts.groupBy))),
    sharedSpeakers: [...shared].sort(byText),
    [checked]: true,
  };
}

/** Everything in one training side, without a test side: for the model that is used once the folds have told what it is worth. */
export function allData(corpus: Corpus): Fold {
  return {
    index: 0,
    name: 'all-data',
    train: corpus.utterances,
    dev: [],
    test: [],
    testSets: [],
    testGroups: [],
    groupBy: groupBy(corpus),
    sharedSpeakers: [],
    [checked]: true,
  };
}

/**
 * Utterances to choose settings by: the corpus's own development set, or else whole groups taken out of a fold's training
 * side. The test side is not looked at.
 *
 * @param options.groups How many groups to hold out where there is no development set; at least one stays for training.
 * @param options.random Uniform numbers in [0, 1): which groups.
 * @param options.sharedSpeakers Whether a speaker may be on both sides; as in the fold itself by default.
 */
export function innerValidation(
  fold: Fold,
  corpus: Corpus,
  options: { readonly groups: number; readonly random: () => number } & FoldOptions,
): InnerSplit {
  const group = (utterance: Utterance): string => groupOf(utterance, fold.groupBy);
  if (fold.dev.length > 0) {
    return {
      train: fold.train,
      validation: fold.dev,
      validationGroups: distinct(fold.dev.map(group)),
      [checked]: true,
    };
  }
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
  const { sharedSpeakers = fold.sharedSpeakers.length > 0 ? 'allowed' : 'refused' } = options;
  const consent: FoldOptions = { sharedSpeakers };
  assertDisjoint(name, ['train', train], ['validation', validation], fold.groupBy, consent);
  if (fold.test.length > 0)
    assertDisjoint(name, ['validation', validation], ['test', fold.test], fold.groupBy, consent);
  return { train, validation, validationGroups, [checked]: true };
}

type Side = readonly [name: string, utterances: readonly Utterance[]];

/** Returns the speakers on both sides where they are allowed. */
function assertDisjoint(
  name: string,
  [nameA, a]: Side,
  [nameB, b]: Side,
  by: GroupBy,
  { sharedSpeakers }: FoldOptions,
): string[] {
  if (a.length === 0) throw new InputError(`${name}: no utterance in ${nameA}`);
  if (b.length === 0) throw new InputError(`${name}: no utterance in ${nameB}`);
  const inBoth = (key: (utterance: Utterance) => string): string[] => {
    const left = new Set(a.map(key));
    return distinct(b.map(key).filter((value) => left.has(value)));
  };
  const refuse = (what: string, shared: readonly string[], hint = ''): void => {
    if (shared.length === 0) return;
    const list = shared.slice(0, 5).join(', ') + (shared.length > 5 ? ` and ${shared.length - 5} more` : '');
    throw new InputError(`${name}: ${what} ${list} on both sides, ${nameA} and ${nameB}; expected none${hint}`);
  };
  refuse(
    'utterance',
    inBoth((u) => u.id),
  );
  refuse('the audio of', sharedStretches(a, b));
  const speakers = inBoth((u) => u.speaker);
  const consent =
    '; --shared-speakers=allowed takes a split that shares them by design, and says so beside each result';
  if (by !== 'speaker') {
    refuse(
      'group',
      inBoth((u) => groupOf(u, by)),
    );
  }
  if (sharedSpeakers !== 'allowed') refuse('speaker', speakers, consent);
  return speakers;
}

/** Pairs of utterances that share a stretch of one file, as text. */
function sharedStretches(a: readonly Utterance[], b: readonly Utterance[]): string[] {
  const byFile = new Map<string, Utterance[]>();
  for (const utterance of a) {
    const file = path.normalize(utterance.audio);
    byFile.set(file, [...(byFile.get(file) ?? []), utterance]);
  }
  return b.flatMap((utterance) =>
    (byFile.get(path.normalize(utterance.audio)) ?? [])
      .filter((other) => overlap(other, utterance))
      .map((other) => `${other.id} = ${utterance.id}`),
  );
}

/** Whether two stretches of one recording have time in common. */
export function overlap(a: Pick<Utterance, 'start' | 'end'>, b: Pick<Utterance, 'start' | 'end'>): boolean {
  return (a.start ?? 0) < (b.end ?? Infinity) && (b.start ?? 0) < (a.end ?? Infinity);
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

/** By the corpus's own split: one experiment of train, dev and test, or one fold for each value. */
function splitParts(corpus: Corpus): readonly FoldParts[] {
  const split = (utterance: Utterance): string => {
    if (utterance.split !== undefined) return utterance.split;
    throw new InputError(`${corpus.card.name}: utterance ${utterance.id} has no split, and its card folds by split`);
  };
  const values = distinct(corpus.utterances.map(split));
  const official = officialSplit(values, corpus.card.name);
  const part = (test: (value: string) => boolean): Utterance[] => corpus.utterances.filter((u) => test(split(u)));
  const by = groupBy(corpus);
  if (official) {
    const { roles, tests } = official;
    const fold = {
      index: 1,
      name: [...tests.keys()].join('+'),
      train: part((value) => roles.get(value) === 'train'),
      dev: part((value) => roles.get(value) === 'dev'),
      test: part((value) => roles.get(value) === 'test'),
      testSets:
        tests.size < 2
          ? []
          : [...tests].map(([name, held]) => ({ name, utterances: part((value) => held.includes(value)) })),
      groupBy: by,
    };
    return [fold];
  }
  if (values.length < 2) {
    throw new InputError(
      `${corpus.card.name}: one split in all (${values.join()}), expected train and test, or two folds or more`,
    );
  }
  return values.map((value, i) => ({
    index: i + 1,
    name: value,
    train: part((other) => other !== value),
    test: part((other) => other === value),
    groupBy: by,
  }));
}
