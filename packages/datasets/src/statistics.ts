import type { Corpus, Utterance } from './corpus';
import { type Fold, groupOf } from './folds';
import { countBy } from './order';

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
  readonly test: SideStatistics;
}

/** Class and group counts of both sides of a fold. */
export function foldStatistics(fold: Fold, corpus: Pick<Corpus, 'labels'>): FoldStatistics {
  const side = (utterances: readonly Utterance[]): SideStatistics => ({
    utterances: utterances.length,
    classes: classCounts(utterances, corpus.labels),
    groups: Object.fromEntries(countBy(utterances, (u) => groupOf(u, fold.groupBy))),
  });
  return { fold: fold.index, name: fold.name, groupBy: fold.groupBy, train: side(fold.train), test: side(fold.test) };
}

/** Utterances per class, every class named. */
export function classCounts(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  const counts = countBy(utterances, (u) => u.label);
  return Object.fromEntries(labels.map((label) => [label, counts.get(label) ?? 0]));
}
