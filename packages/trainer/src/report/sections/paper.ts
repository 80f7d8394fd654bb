import { html, type Markup } from '../html';
import { table1, table2 } from '../paper-tables';
import type { Report } from '../summarize';
import { percentCell } from '../quantity';
import { section, table } from '../table';
import type { Quantity, Row } from '../table-data';

/** The paper's rows for the same corpus with this run below them: Table 1, or Table 2 for SAVEE. */
export function paperSection(report: Report): Markup | undefined {
  // A model that was not trained on the corpus is nothing that the paper measured.
  if (report.config['evaluation'] !== undefined) return undefined;
  const corpus = corpusOf(report);
  if (corpus === 'savee') return saveeSection(report);
  const rows = table1.filter((row) => row.corpus === corpus);
  if (rows.length === 0) return undefined;
  const value = (number: number | null): Quantity => printed(number ?? NaN, 2);
  return section(
    'paper',
    'Beside the paper',
    table(
      'paper',
      `In the form of Table 1: ${corpus}`,
      [{ title: 'Method' }, { title: 'Modality' }, { title: 'WA %', numeric: true }, { title: 'UA %', numeric: true }],
      [
        ...rows.map((row): Row => ({ cells: [row.method, row.modality, value(row.wa), value(row.ua)] })),
        {
          kind: 'ours',
          cells: [ours(report), 'A', percentCell(report.pooled.wa, 2), percentCell(report.pooled.ua, 2)],
        },
      ],
    ),
    note(report),
  );
}

function saveeSection(report: Report): Markup {
  const speakers = ['DC', 'JE', 'JK', 'KL'] as const;
  const ua = new Map(report.speakers.map((speaker) => [speaker.group, speaker.ua]));
  const values = speakers.map((speaker) => ua.get(speaker) ?? NaN);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return section(
    'paper',
    'Beside the paper',
    table(
      'paper',
      'In the form of Table 2: UA on SAVEE by speaker, %',
      [{ title: 'Method' }, ...[...speakers, 'Mean'].map((title) => ({ title, numeric: true }))],
      [
        ...table2.map((row): Row => ({
          cells: [row.method, ...speakers.map((speaker) => printed(row.speakers[speaker], 1)), printed(row.mean, 1)],
        })),
        { kind: 'ours', cells: [ours(report), ...values.map((value) => percentCell(value)), percentCell(mean)] },
      ],
    ),
    note(report),
  );
}

/** A number of the paper, in %. */
const printed = (value: number, digits: number): Quantity => percentCell(value / 100, digits);

function ours(report: Report): string {
  const encoder = report.config['encoder'];
  return `This run${typeof encoder === 'string' ? ` (${encoder})` : ''}`;
}

function note(report: Report): Markup {
  const done = report.folds.filter((fold) => fold.status === 'done').length;
  return html`<p class="note">
    The other rows are as the paper prints them, most of them with other encoders, and not always with the same folds.
    ${report.complete ? '' : `This run has ${done} of ${report.expectedFolds.length} folds so far.`}
  </p>`;
}

/** The corpus by its card's name, whatever spelling the run was started with. */
function corpusOf({ config }: Report): string {
  const name = config['corpus'] ?? config['dataset'];
  return typeof name === 'string' ? name.toLowerCase() : '';
}
