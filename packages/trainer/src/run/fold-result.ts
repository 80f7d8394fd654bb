import { join } from 'node:path';
import type { Utterance } from '@ser/datasets';
import { readJsonIfThere } from './files';

/** `fold.json`, written last: its presence means that the fold is done. */
export interface FoldResult {
  readonly fold: number;
  readonly name: string;
  readonly testGroups: readonly string[];
  readonly trainGroups: readonly string[];
  readonly validationGroups: readonly string[];
  readonly trainUtterances: number;
  readonly testUtterances: number;
  readonly trainClasses: Readonly<Record<string, number>>;
  readonly testClasses: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  readonly seconds: number;
  readonly wa: number;
  readonly ua: number;
  /** Of the inner validation groups, when there are any. */
  readonly validation?: { readonly wa: number; readonly ua: number };
  readonly epoch: number;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** The result of a fold that is done, if it is. */
export function finishedFold(dir: string): FoldResult | undefined {
  return readJsonIfThere(join(dir, 'fold.json')) as FoldResult | undefined; // written whole by runFold, or not at all
}

/** The speakers of utterances, sorted. */
export function speakersOf(utterances: readonly Utterance[]): string[] {
  return [...new Set(utterances.map(({ speaker }) => speaker))].sort();
}

/** Utterances of each class. */
export function classCounts(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(labels.map((label) => [label, utterances.filter((u) => u.label === label).length]));
}
