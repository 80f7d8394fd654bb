import { isNumber, numberIn, readBy } from '../record/columns';
import type { PredictionLine } from '../record/run-files';
import { accuracyOf, type Accuracy } from './results';

/** Results by the values of a column of the corpus. */
export interface Breakdown {
  readonly column: string;
  /** The test set it is of, where the corpus has several. */
  readonly testSet?: string;
  /** Sorted by value, numbers in numeric order. Of a range, the value is its lowest and its highest number. */
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
 * @param by names of columns, some with a number of ranges; see `checkColumns`
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
  const asked = [...new Set(by)].map(readBy);
  const own = [...groups].filter(([column, values]) => !asked.some((one) => one.column === column) && isOfUse(values));
  const chosen = asked.map(({ column, ranges }) => {
    const values = groups.get(column) ?? new Map<string, PredictionLine[]>();
    return [column, ranges === undefined ? inOrder(values) : inRanges(values, ranges)] as const;
  });
  const all = [...chosen, ...own.map(([column, values]) => [column, inOrder(values)] as const)];
  return all.map(([column, values]) => {
    const rows = [...values].map(([value, list]) => ({
      value,
      classes: classesOf(list),
      ...accuracyOf(list, labels, resamples),
    }));
    return { column, rows };
  });
}

const inOrder = (values: ReadonlyMap<string, readonly PredictionLine[]>): Map<string, readonly PredictionLine[]> =>
  new Map([...values].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })));

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

/** Numbers in ranges of about as many lines each, in order; equal numbers are in one range. What is no number comes after them. */
function inRanges(
  values: ReadonlyMap<string, readonly PredictionLine[]>,
  count: number,
): Map<string, readonly PredictionLine[]> {
  const byNumber = [...values].filter(([value]) => isNumber(value)).sort(([a], [b]) => numberIn(a) - numberIn(b));
  const others = [...inOrder(values)].filter(([value]) => !isNumber(value));
  const total = byNumber.reduce((sum, [, lines]) => sum + lines.length, 0);
  const ranges: { range: number; last: number; values: string[]; lines: PredictionLine[] }[] = [];
  let before = 0;
  for (const [value, lines] of byNumber) {
    // The middle of its lines says which range a number is in.
    const range = Math.floor(((before + lines.length / 2) / total) * count);
    const present = ranges.at(-1);
    if (present && (present.range === range || present.last === numberIn(value))) {
      present.values.push(value);
      present.lines.push(...lines);
      present.last = numberIn(value);
    } else ranges.push({ range, last: numberIn(value), values: [value], lines: [...lines] });
    before += lines.length;
  }
  const named = ranges.map(({ values: [low = '', ...more], lines }) => {
    const high = more.at(-1);
    return [high === undefined ? low : `${low} to ${high}`, lines] as const;
  });
  return new Map([...named, ...others]);
}

const classesOf = (lines: readonly PredictionLine[]): number => new Set(lines.map(({ label }) => label)).size;
