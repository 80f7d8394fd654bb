import type { PredictionLine } from '../record/run-files';
import { accuracyOf, type Accuracy } from './results';

/** Results by the values of a column of the corpus. */
export interface Breakdown {
  readonly column: string;
  /** The test set it is of, where the corpus has several. */
  readonly testSet?: string;
  /** Sorted by value, numbers in numeric order. */
  readonly rows: readonly (Accuracy & {
    readonly value: string;
    /** Classes that the utterances of this value have: UA is the mean over these. */
    readonly classes: number;
  })[];
}

/** Columns with so many values are broken down without being asked for. */
const [fewest, most] = [2, 12];

/**
 * Results by the columns asked for, then by each with 2 to 12 values of which one at least has several classes.
 * @param by names of columns; see `checkColumns`
 */
export function breakdowns(
  lines: readonly PredictionLine[],
  labels: readonly string[],
  by: readonly string[],
  resamples: number,
): Breakdown[] {
  const groups = valuesOf(lines);
  const isOfUse = (values: ReadonlyMap<string, readonly PredictionLine[]>): boolean =>
    values.size >= fewest && values.size <= most && [...values.values()].some((list) => classesOf(list) > 1);
  const own = [...groups].filter(([column, values]) => !by.includes(column) && isOfUse(values));
  const chosen = [...new Set(by)].map(
    (column) => [column, groups.get(column) ?? new Map<string, PredictionLine[]>()] as const,
  );
  return [...chosen, ...own].map(([column, values]) => {
    const rows = [...values]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([value, list]) => ({ value, classes: classesOf(list), ...accuracyOf(list, labels, resamples) }));
    return { column, rows };
  });
}

/** The lines of each value of each column. */
function valuesOf(lines: readonly PredictionLine[]): Map<string, Map<string, PredictionLine[]>> {
  const groups = new Map<string, Map<string, PredictionLine[]>>();
  for (const line of lines) {
    for (const [column, value] of Object.entries(line.columns ?? {})) {
      const values = groups.get(column) ?? new Map<string, PredictionLine[]>();
      const list = values.get(value);
      if (list) list.push(line);
      else groups.set(column, values.set(value, [line]));
    }
  }
  return groups;
}

const classesOf = (lines: readonly PredictionLine[]): number => new Set(lines.map(({ label }) => label)).size;
