import { readBy } from '../../record/columns';
import type { Breakdown } from '../breakdowns';
import { html, type Markup } from '../html';
import { countCell, estimateCell } from '../quantity';
import type { Report } from '../summarize';
import { section, table } from '../table';
import { textTable } from '../text-table';
import type { Column, Row } from '../table-data';

/** Results by the columns of the corpus: gender, language, sentence. */
export function breakdownsSection({ breakdowns, utterances, testSets, labels }: Report): Markup | undefined {
  if (breakdowns.length === 0) return undefined;
  const sizes = new Map<string | undefined, number>([
    [undefined, utterances],
    ...testSets.map((set) => [set.name, set.utterances] as const),
  ]);
  const lacks = breakdowns.some(({ rows }) => rows.some(({ classes }) => classes < labels.length));
  return section(
    'breakdowns',
    'By columns of the corpus',
    ...breakdowns.map((breakdown) => breakdownTable(breakdown, sizes.get(breakdown.testSet) ?? 0, labels.length)),
    html`<p class="note">
      Intervals are over the speakers of each value; of one speaker there is none.
      ${lacks ? 'Where a value has not all classes, its UA is the mean over those it has.' : undefined}
    </p>`,
  );
}

/** For a terminal: the columns that were asked for. */
export function breakdownsText({ breakdowns, labels }: Report, by: readonly string[]): string {
  const asked = by.map((one) => readBy(one).column);
  return breakdowns
    .filter(({ column }) => asked.includes(column))
    .map(({ column, testSet, rows }) => {
      const first = testSet === undefined ? column : `${column}, ${testSet}`;
      const header = breakdownColumns(first).map(({ title }) => title);
      const cells = breakdownRows(rows, labels.length).map((row) => row.cells);
      return `${textTable(header, cells)}\n\n`;
    })
    .join('');
}

function breakdownTable({ column, testSet, rows }: Breakdown, utterances: number, classes: number): Markup {
  const known = rows.reduce((total, row) => total + row.utterances, 0);
  const title = ['By', column, ...(testSet === undefined ? [] : ['in', testSet])].join(' ');
  const caption = known === utterances ? title : `${title}, which ${known} of ${utterances} utterances have`;
  return table(
    title.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^By/, 'by'),
    caption,
    breakdownColumns(column),
    breakdownRows(rows, classes),
  );
}

function breakdownColumns(column: string): Column[] {
  const numbers = ['Utterances', 'Speakers', 'Classes', 'WA % [95 %]', 'UA % [95 %]'];
  return [{ title: column }, ...numbers.map((title) => ({ title, numeric: true }))];
}

function breakdownRows(rows: Breakdown['rows'], classes: number): Row[] {
  return rows.map((row) => ({
    cells: [
      row.value,
      countCell(row.utterances),
      countCell(row.speakers),
      row.classes === classes ? String(classes) : `${row.classes} of ${classes}`,
      estimateCell(row.wa, row.intervals.wa),
      estimateCell(row.ua, row.intervals.ua),
    ],
  }));
}
