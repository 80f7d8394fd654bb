import { emotionOf } from '../emotions';
import type { Table } from '../readers/rows';
import { bare, valuesOf } from './column-values';

/** What else is often numbered beside emotions: no class. */
export const dimensions: ReadonlySet<string> = new Set([
  'arousal',
  'valence',
  'dominance',
  'activation',
  'act',
  'val',
  'dom',
  'value',
]);

/**
 * Columns with the share of an emotion in each: `joy`, `rage`; `p_joy`, `p_rage`, `p_other`. What stands before and
 * after the emotion is the same in all of them. The label of each, and its column; undefined when there are none.
 */
export function shareColumns(table: Table, columns: readonly string[]): Readonly<Record<string, string>> | undefined {
  const numbers = columns.filter((column) => holdsShares(table, column));
  const frames = new Map<string, { readonly frame: Frame; count: number }>();
  for (const column of numbers) {
    const frame = frameOf(column);
    if (!frame) continue;
    const key = JSON.stringify(frame);
    const found = frames.get(key) ?? { frame, count: 0 };
    frames.set(key, { frame, count: found.count + 1 });
  }
  const [best] = [...frames.values()].sort((a, b) => b.count - a.count);
  if (!best || best.count < 2) return undefined;
  const { before, after } = best.frame;
  const framed = numbers.flatMap((column): [string, string][] => {
    if (!column.startsWith(before) || !column.endsWith(after)) return [];
    const label = column.slice(before.length, column.length - after.length);
    // With a frame, p_other is a share too; without one, any column with numbers would be.
    const isShare = before + after === '' ? emotionOf(label) !== undefined : label !== '';
    return isShare && !dimensions.has(bare(label)) ? [[label, column]] : [];
  });
  return Object.fromEntries(framed);
}

interface Frame {
  readonly before: string;
  readonly after: string;
}

/** What stands around the word for an emotion in a column's name. */
function frameOf(column: string): Frame | undefined {
  if (emotionOf(column) !== undefined) return { before: '', after: '' };
  for (const [sign] of column.matchAll(/[\s_.:-]+/g)) {
    const first = column.indexOf(sign) + sign.length;
    if (emotionOf(column.slice(first)) !== undefined) return { before: column.slice(0, first), after: '' };
    const last = column.lastIndexOf(sign);
    if (emotionOf(column.slice(0, last)) !== undefined) return { before: '', after: column.slice(last) };
  }
  return undefined;
}

function holdsShares(table: Table, column: string): boolean {
  const shares = valuesOf(table, column).map((value) => Number(value.replace(',', '.')));
  return shares.every((share) => share >= 0) && shares.some((share) => share > 0);
}
