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
  /**
   * Ranges, each with about as many utterances as the next, and each value that is no number by itself; each value by itself
   * when absent.
   */
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

export const isNumber = (value: string): boolean => Number.isFinite(numberIn(value));

const someOf = (values: readonly string[]): string =>
  `${values
    .slice(0, 3)
    .map((value) => `"${value}"`)
    .join(', ')}${values.length > 3 ? ', …' : ''}`;

/**
 * Whether results can be broken down by these columns.
 * @param columns of each utterance
 * @throws {InputError} naming a column that none has, and those that are there; one with more than 500 values; or one
 *   that has no ranges, because none of its values is a number
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
    if (ranges < 2 || ranges > mostValues) throw new InputError(`--by=${asked}: expected 2 to ${mostValues} ranges`);
    const words = values.filter((value) => !isNumber(value));
    if (values.length > 0 && words.length === values.length)
      throw new InputError(`--by=${asked}: expected numbers in ${column}, found ${someOf(words)}`);
    if (words.length > mostValues)
      throw new InputError(`--by=${asked}: ${words.length} values of ${column} are no numbers (${someOf(words)})`);
  }
  const known = [...new Set(columns.flatMap((own) => Object.keys(own)))];
  const unknown = by.map((asked) => readBy(asked).column).find((column) => !known.includes(column));
  if (unknown === undefined) return;
  const there = known.length === 0 ? 'the utterances have no columns' : `the utterances have ${known.join(', ')}`;
  throw new InputError(`--by=${unknown}: no such column; ${there}${didYouMean(unknown, known)}`);
}
