import type { Utterance } from '@ser/datasets';
import { InputError } from '@ser/files';
import { didYouMean } from '../config/validate';

/** What results can be broken down by: the columns of an utterance, its session among them. */
export function columnsOf({ session, columns }: Pick<Utterance, 'session' | 'columns'>): Record<string, string> {
  return { ...(session === undefined ? {} : { session }), ...columns };
}

/** What results are broken down by: each value of a column, or ranges of its numbers. */
export interface ByColumn {
  readonly column: string;
  /** Ranges, each with about as many utterances as the next; each value by itself when absent. */
  readonly ranges?: number;
}

/** `gender`, or `age:4` for four ranges. */
export function readBy(by: string): ByColumn {
  const [, column, ranges] = /^(.+):(\d+)$/.exec(by) ?? [];
  return column === undefined ? { column: by } : { column, ranges: Number(ranges) };
}

/** More values than this are no breakdown. */
const mostValues = 500;

/** A number as it stands in a column; anything else is NaN. */
export const numberIn = (value: string): number => (value.trim() === '' ? NaN : Number(value));

/**
 * Whether results can be broken down by these columns.
 * @param columns of each utterance
 * @throws {InputError} naming a column that none has, and those that are there; one with more than 500 values; or one
 *   that has no ranges, because not all of its values are numbers
 */
export function checkColumns(by: readonly string[], columns: readonly Readonly<Record<string, string>>[]): void {
  for (const asked of by) {
    const { column, ranges } = readBy(asked);
    const values = [...new Set(columns.flatMap((own) => own[column] ?? []))];
    if (ranges === undefined) {
      if (values.length <= mostValues) continue;
      const advice = `expected at most ${mostValues}, or ranges of numbers such as ${column}:4`;
      throw new InputError(`--by=${asked}: it has ${values.length} values, ${advice}`);
    }
    const wrong = values.find((value) => !Number.isFinite(numberIn(value)));
    if (wrong !== undefined) throw new InputError(`--by=${asked}: expected numbers in ${column}, found "${wrong}"`);
    if (ranges < 2 || ranges > mostValues) throw new InputError(`--by=${asked}: expected 2 to ${mostValues} ranges`);
  }
  const known = [...new Set(columns.flatMap((own) => Object.keys(own)))];
  const unknown = by.map((asked) => readBy(asked).column).find((column) => !known.includes(column));
  if (unknown === undefined) return;
  const there = known.length === 0 ? 'the utterances have no columns' : `the utterances have ${known.join(', ')}`;
  throw new InputError(`--by=${unknown}: no such column; ${there}${didYouMean(unknown, known)}`);
}
