import type { Corpus, Utterance } from './corpus';
import { type Fold, groupOf } from './folds';
import { countBy } from './order';
import { isUnknownSpeaker } from './readers/utterance';

/** How many utterances one side of a fold has, in all, by class and by group. */
export interface SideStatistics {
  readonly utterances: number;
  /** In the order of the corpus's labels. */
  readonly classes: Readonly<Record<string, number>>;
  /** By group, sorted. */
  readonly groups: Readonly<Record<string, number>>;
}

/** The class and group counts of a fold, for reports. */
export interface FoldStatistics {
  readonly fold: number;
  readonly name: string;
  readonly groupBy: Fold['groupBy'];
  readonly train: SideStatistics;
  /** Of the corpus's own development set, where it has one. */
  readonly dev?: SideStatistics;
  readonly test: SideStatistics;
  /** Of the parts of the test side that have results of their own. */
  readonly testSets?: Readonly<Record<string, SideStatistics>>;
  /** Whether its name is that of its test groups, as in a cross-validation. */
  readonly namedByGroups: boolean;
  /** Speakers on both sides, where that was allowed. */
  readonly sharedSpeakers: number;
  /** Test utterances whose speaker is not known, and may be in the training side. */
  readonly unknownSpeakers: number;
}

/** Class and group counts of both sides of a fold. */
export function foldStatistics(fold: Fold, corpus: Pick<Corpus, 'labels'>): FoldStatistics {
  const side = (utterances: readonly Utterance[]): SideStatistics => ({
    utterances: utterances.length,
    classes: classCounts(utterances, corpus.labels),
    groups: Object.fromEntries(countBy(utterances, (u) => groupOf(u, fold.groupBy))),
  });
  return {
    fold: fold.index,
    name: fold.name,
    groupBy: fold.groupBy,
    train: side(fold.train),
    ...(fold.dev.length > 0 && { dev: side(fold.dev) }),
    test: side(fold.test),
    ...(fold.testSets.length > 0 && {
      testSets: Object.fromEntries(fold.testSets.map(({ name, utterances }) => [name, side(utterances)])),
    }),
    namedByGroups: fold.namedByGroups ?? false,
    sharedSpeakers: fold.sharedSpeakers.length,
    unknownSpeakers: fold.test.filter(({ speaker }) => isUnknownSpeaker(speaker)).length,
  };
}

/** Utterances per class, every class named. */
export function classCounts(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  const counts = countBy(utterances, (u) => u.label);
  return Object.fromEntries(labels.map((label) => [label, counts.get(label) ?? 0]));
}
