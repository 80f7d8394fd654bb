import type { Utterance } from '@ser/datasets';
import { InputError } from '@ser/files';
import { didYouMean } from '../config/validate';

/** What results can be broken down by: the columns of an utterance, its session among them. */
export function columnsOf({ session, columns }: Pick<Utterance, 'session' | 'columns'>): Record<string, string> {
  return { ...(session === undefined ? {} : { session }), ...columns };
}

/** @throws {InputError} naming a column that is not there, and those that are */
export function checkColumns(by: readonly string[], known: readonly string[]): void {
  const unknown = by.find((column) => !known.includes(column));
  if (unknown === undefined) return;
  const there = known.length === 0 ? 'the utterances have no columns' : `the utterances have ${known.join(', ')}`;
  throw new InputError(`--by=${unknown}: no such column; ${there}${didYouMean(unknown, known)}`);
}
