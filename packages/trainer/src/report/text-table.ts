import { shownOf, type Cell } from './table-data';

/** Columns aligned with spaces for a terminal: the first `left` to the left, the others to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly Cell[])[], left = 1): string {
  const shown = rows.map((row) => row.map(shownOf));
  const widths = header.map((title, column) => Math.max(title.length, ...shown.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) =>
        column < left ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
      )
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...shown.map(line)].join('\n');
}
