import type { Baselines } from './baselines';
import type { Results } from './results';
import type { Report } from './summarize';

/** What has a result of its own. */
export interface Part extends Results {
  /** Of the test set; empty where everything tested is one. */
  readonly name: string;
  /** Behind the names of tables and headings: empty, or `-test1`. */
  readonly suffix: string;
  readonly baselines: Baselines;
}

/** All test utterances together, or each test set by itself: Test1 and Test2 are two results. */
export function partsOf({ pooled, baselines, testSets }: Report): Part[] {
  if (testSets.length === 0) return [{ ...pooled, baselines, name: '', suffix: '' }];
  return testSets.map((set) => ({ ...set, suffix: `-${set.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}` }));
}

/** A caption with the name of the part behind it. */
export function captionOf(caption: string, { name }: Pick<Part, 'name'>): string {
  return name === '' ? caption : `${caption}, ${name}`;
}
