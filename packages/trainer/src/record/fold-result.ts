import { join } from 'node:path';
import type { Utterance } from '@ser/datasets';
import { asFold, type FoldResult } from './run-files';
import { readJsonIfThere } from './files';

/** The result of a fold that is done, if it is. */
export function finishedFold(dir: string): FoldResult | undefined {
  const path = join(dir, 'fold.json');
  const json = readJsonIfThere(path);
  return json === undefined ? undefined : asFold(json, path);
}

/** The speakers of utterances, sorted. */
export function speakersOf(utterances: readonly Utterance[]): string[] {
  return [...new Set(utterances.map(({ speaker }) => speaker))].sort();
}

/** Utterances of each class. */
export function classCounts(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(labels.map((label) => [label, utterances.filter((u) => u.label === label).length]));
}
