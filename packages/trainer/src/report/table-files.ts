import { stringify } from 'csv-stringify/sync';
import { shownOf, type Cell, type Column, type Row, type TableData } from './table-data';

/**
 * A table as CSV. Numbers are whole and plain; an interval or a deviation has columns of its own behind its number, such
 * as `UA %`, `UA % low`, `UA % high`. What is not known is empty.
 */
export function tableCsv({ columns, rows }: TableData): string {
  const parts = columns.map((_, index) => partsOf(rows, index));
  const header = columns.flatMap(({ title }, index) =>
    (parts[index] ?? []).map((part) => [title.replace(/ \[.*\]$/, ''), part].filter(Boolean).join(' ')),
  );
  const lines = rows.map(({ cells }) =>
    parts.flatMap((names, index) => names.map((part) => plain(cells[index] ?? '', part))),
  );
  return stringify([header, ...lines]);
}

/** What the cells of a column consist of: '' first, where any cell is text or a number. */
function partsOf(rows: readonly Row[], index: number): readonly string[] {
  const found = rows.flatMap(({ cells }) => {
    const cell = cells[index] ?? '';
    return typeof cell === 'object' ? Object.keys(cell.numbers) : cell === '' ? [] : [''];
  });
  const names = [...new Set(found)].sort((a, b) => Number(a !== '') - Number(b !== ''));
  return names.length === 0 ? [''] : names;
}

function plain(cell: Cell, part: string): string {
  if (typeof cell === 'object') return plainNumber(cell.numbers[part] ?? NaN);
  if (part !== '') return '';
  return typeof cell === 'number' ? plainNumber(cell) : cell === '–' ? '' : cell;
}

function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return '';
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

/** A table as LaTeX: a `tabular` with the rules of booktabs, to be read with `\input` into a `table` of one's own. */
export function tableLatex({ caption, columns, rows }: TableData): string {
  const line = (cells: readonly string[]): string => `${guarded(cells.join(' & '))} \\\\`;
  const body = rows.flatMap((row, index) => {
    const isFirstTotal = row.kind === 'total' && index > 0 && rows[index - 1]?.kind !== 'total';
    const cells = columns.map((column, at) => latexCell(row.cells[at] ?? '', column, row.kind));
    return [...(isFirstTotal || (row.kind === 'ours' && index > 0) ? ['\\midrule'] : []), line(cells)];
  });
  return [
    `% ${caption.replace(/\s+/g, ' ')}. Needs \\usepackage{booktabs}.`,
    `\\begin{tabular}{@{}${columns.map(alignment).join('')}@{}}`,
    '\\toprule',
    line(columns.map(({ title }) => latex(title))),
    '\\midrule',
    ...body,
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

const alignment = ({ numeric, wrap }: Column): string =>
  numeric === true ? 'r' : wrap === true ? 'p{0.3\\linewidth}' : 'l';

function latexCell(cell: Cell, { code }: Column, kind: Row['kind']): string {
  const text = latex(shownOf(cell));
  if (text === '') return '';
  const set = code === true ? `\\texttt{${text}}` : text;
  return kind === 'ours' ? `\\textbf{${set}}` : set;
}

/** A row that begins with a bracket or a star would be read as an argument of the `\\` before it. */
const guarded = (line: string): string => (/^[[*]/.test(line) ? `{}${line}` : line);

const symbols: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
  '|': '$|$',
  '"': "''",
  '−': '$-$',
  '±': '$\\pm$',
  '–': '--',
  '→': '$\\to$',
  Δ: '$\\Delta$',
  '╲': '/',
  '\u2009': '\\,',
  '\u00a0': '~',
};

/** Text as LaTeX sets it, whatever is in it. */
export function latex(text: string): string {
  return text
    .replace(/\s*[\r\n\t]\s*/g, ' ')
    .replace(/[\\{}&%$#_~^<>|"−±–→Δ╲\u2009\u00a0]/g, (one) => symbols[one] ?? one);
}
