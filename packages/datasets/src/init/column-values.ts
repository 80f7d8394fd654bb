import { labelForm } from '../names';
import type { Table } from '../readers/rows';
import { textOf } from '../readers/utterance';

/** A column's name without case, spaces and signs: `VP-Nr` and `vp_nr` are one. */
export const bare = (column: string): string => labelForm(column).replace(/[\s_.-]+/g, '');

/** The texts of a column, row by row, without the rows that have none. */
export const valuesOf = (table: Table, column: string): string[] =>
  table.rows.flatMap(({ cells }) => textOf(cells.get(column)) ?? []);

/** A name from a file, short enough for a message and on one line. */
export function shown(name: string): string {
  const line = name.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ');
  return line.length <= 80 ? line : `${line.slice(0, 80)}…`;
}

/** A list for people: no longer than a line can be. */
export function some(values: readonly string[]): string {
  if (values.length <= 12) return values.map(shown).join(', ');
  return `${values.slice(0, 10).map(shown).join(', ')} and ${values.length - 10} more`;
}
