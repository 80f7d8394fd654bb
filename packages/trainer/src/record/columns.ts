import type { Utterance } from '@ser/datasets';
import { InputError } from '@ser/files';
import { didYouMean } from '../config/validate';

/** What results can be broken down by: the columns of an utterance, its session among them. */
export function columnsOf({ session, columns }: Pick<Utterance, 'session' | 'columns'>): Record<string, string> {
  return { ...(session === undefined ? {} : { session }), ...columns };
}

/** More values than this are no breakdown. */
const mostValues = 500;

/**
 * Whether results can be broken down by these columns.
 * @param columns of each utterance
 * @throws {InputError} naming a column that none has, and those that are there; or one with more than 500 values
 */
export function checkColumns(by: readonly string[], columns: readonly Readonly<Record<string, string>>[]): void {
  for (const column of by) {
    const values = new Set(columns.map((own) => own[column])).size;
    if (values > mostValues)
      throw new InputError(`--by=${column}: it has ${values} values, expected at most ${mostValues}`);
  }
  const known = [...new Set(columns.flatMap((own) => Object.keys(own)))];
  const unknown = by.find((column) => !known.includes(column));
  if (unknown === undefined) return;
  const there = known.length === 0 ? 'the utterances have no columns' : `the utterances have ${known.join(', ')}`;
  throw new InputError(`--by=${unknown}: no such column; ${there}${didYouMean(unknown, known)}`);
}
