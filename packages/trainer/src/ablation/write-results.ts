import { join } from 'node:path';
import { writeFileWhole } from '@ser/files';
import { duration, signedPoints } from '../report/format';
import { html, type Markup } from '../report/html';
import { page } from '../report/page';
import { differenceCell, meanCell, pCell, percentCell } from '../report/quantity';
import { section, table } from '../report/table';
import { shownOf, type Cell, type Column, type Quantity, type Row, type TableData } from '../report/table-data';
import { textTable } from '../report/text-table';
import { writeTables } from '../report/write-tables';
import type { AblationResults, CellDifference, RowResult } from './results';
import { percent } from '../percent';

/** Writes `ablation.json`, `ablation.html`, `ablation.md` (for a README) and the tables as CSV and LaTeX into a folder. */
export async function writeAblation(dir: string, results: AblationResults): Promise<{ htmlPath: string }> {
  const htmlPath = join(dir, 'ablation.html');
  await writeFileWhole(join(dir, 'ablation.json'), `${JSON.stringify(results, null, 1)}\n`);
  await writeFileWhole(join(dir, 'ablation.md'), `${ablationMarkdown(results)}\n`);
  const { text, tables } = ablationPage(results);
  await writeFileWhole(htmlPath, text);
  await writeTables(dir, tables);
  return { htmlPath };
}

/** Columns that would be empty in every row are left out. */
interface Shown {
  readonly probe: boolean;
  readonly first: boolean;
  readonly paper: boolean;
}

const shownIn = ({ rows }: AblationResults): Shown => ({
  probe: rows.some(({ overProbe }) => overProbe !== undefined),
  first: rows.some(({ difference }) => difference !== undefined),
  paper: rows.some(({ row }) => row.paper !== undefined),
});

const shortHeader = (shown: Shown): string[] => [
  'row',
  'what',
  'seeds',
  'WA %',
  'UA %',
  ...(shown.probe ? ['ΔUA to the linear probe [95 %]', 'p to the probe'] : []),
  ...(shown.first ? ['ΔUA to first row [95 %]', 'p (speakers)', "McNemar's p"] : []),
  ...(shown.paper ? ['paper UA %'] : []),
];

function shortRow(result: RowResult, shown: Shown): Cell[] {
  const { row, sameAs, seeds, missingSeeds, wa, ua, overProbe, difference: delta } = result;
  const tested = (difference: CellDifference | undefined): Cell[] =>
    difference === undefined ? ['', ''] : [differenceCell(difference.ua), pCell(difference.permutation)];
  return [
    sameAs.length > 0 ? `${row.row} (= ${sameAs.join(', ')})` : row.row,
    row.title,
    missingSeeds.length > 0 ? `${seeds.length} of ${seeds.length + missingSeeds.length}` : String(seeds.length),
    meanCell(wa),
    meanCell(ua),
    ...(shown.probe ? tested(overProbe) : []),
    ...(shown.first ? [...tested(delta), delta === undefined ? '' : pCell(delta.mcnemar.p)] : []),
    ...(shown.paper ? [printed(row.paper?.ua)] : []),
  ];
}

/** A number of the paper, which prints it in %. */
const printed = (value: number | undefined): Quantity | string =>
  value === undefined ? '' : percentCell(value / 100, 2);

const contrastHeader = ['question', 'rows', 'ΔUA [95 %]', 'ΔUA by seed', "McNemar's p", 'p (speakers)', 'adjusted p'];

function contrastRow(contrast: AblationResults['contrasts'][number]): Cell[] {
  const { question, from, to, difference: delta, adjustedP } = contrast;
  const { mean, sd } = delta.uaBySeed;
  return [
    question,
    `${from} → ${to}`,
    differenceCell(delta.ua),
    {
      shown: Number.isFinite(sd) ? `${signedPoints(mean)} ± ${percent(sd)}` : signedPoints(mean),
      numbers: { '': 100 * mean, sd: 100 * sd },
    },
    pCell(delta.mcnemar.p),
    pCell(delta.permutation),
    pCell(adjustedP),
  ];
}

/** For a terminal. */
export function ablationText(results: AblationResults): string {
  const shown = shownIn(results);
  const rows = textTable(
    shortHeader(shown),
    results.rows.map((row) => shortRow(row, shown)),
    2,
  );
  const contrasts = textTable(contrastHeader, results.contrasts.map(contrastRow), 2);
  const { stamp } = results;
  return [rows, ...(results.contrasts.length > 0 ? [contrasts] : []), ...(stamp ? [stamp] : [])].join('\n\n');
}

/** For a README: the rows and the contrasts as Markdown tables. */
export function ablationMarkdown(results: AblationResults): string {
  const markdown = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
    [header, header.map(() => '---'), ...rows.map((cells) => cells.map(shownOf))]
      .map((cells) => `| ${cells.join(' | ')} |`)
      .join('\n');
  const shown = shownIn(results);
  const blocks = [
    markdown(
      shortHeader(shown),
      results.rows.map((row) => shortRow(row, shown)),
    ),
  ];
  if (results.contrasts.length > 0) blocks.push(markdown(contrastHeader, results.contrasts.map(contrastRow)));
  return [...blocks, explanation(results), ...results.notes].join('\n\n');
}

function explanation(results: AblationResults): string {
  const { folds, utterances, seconds, stamp, contrasts } = results;
  const { probe, first } = shownIn(results);
  const sentences = [
    stamp,
    `Mean ± sd over seeds, in %; fold${folds.length === 1 ? '' : 's'} ${folds.join(', ')}, ${utterances} test utterances, ${duration(seconds)} of training in all.`,
    probe || first
      ? 'Differences are paired by seed and utterance, with a bootstrap 95 % interval over speakers and seeds.'
      : undefined,
    probe
      ? 'The linear probe is that of the same folds and encoder; p to the probe is a permutation test that exchanges the two speaker by speaker.'
      : undefined,
    first ? 'p (speakers) is a permutation test that exchanges two rows speaker by speaker.' : undefined,
    contrasts.length > 0 ? "Adjusted p is Holm's over all contrasts." : undefined,
    first
      ? "McNemar's exact test, on the probabilities averaged over the seeds, takes utterances as independent and is too sure of itself."
      : undefined,
  ];
  return sentences.filter((sentence) => sentence !== undefined).join(' ');
}

function ablationPage(results: AblationResults): { text: string; tables: readonly TableData[] } {
  const open = results.rows.filter(({ missingSeeds }) => missingSeeds.length > 0);
  const header = html`<header>
    <p class="kicker">Ablation</p>
    <h1>${results.name}</h1>
    <p>${explanation(results)}</p>
    ${
      open.length === 0
        ? undefined
        : html`<p class="status open" role="status">
            Incomplete:
            ${open.map(({ row, missingSeeds }) => `row ${row.row} lacks seed ${missingSeeds.join(', ')}`).join('; ')}.
          </p>`
    }
  </header>`;
  const sections = [
    section('rows', 'Rows', rowsTable(results)),
    results.contrasts.length === 0
      ? undefined
      : section(
          'contrasts',
          'What each part does',
          table(
            'contrasts',
            'Differences between rows',
            contrastHeader.map((title, index) => ({ title, numeric: index > 1 })),
            results.contrasts.map((contrast) => ({ cells: contrastRow(contrast) })),
          ),
        ),
    results.notes.length === 0
      ? undefined
      : section(
          'notes',
          'Notes',
          html`<ul>
            ${results.notes.map((note) => html`<li>${note}</li>`)}
          </ul>`,
        ),
  ].filter((part): part is Markup => part !== undefined);
  const footer = html`<footer>Written by ser ablate. Every table is in tables/ as CSV and LaTeX.</footer>`;
  return {
    text: page(`${results.name} – ablation`, header, sections, footer),
    tables: sections.flatMap(({ tables }) => tables),
  };
}

/** In the form of the paper's Table 3: the parts, the paper's numbers, ours, the difference. */
function rowsTable(results: AblationResults): Markup {
  const { rows } = results;
  const shown = shownIn(results);
  const formed = rows.every(({ row }) => row.parts !== undefined);
  const encoders = formed && rows.some(({ row }) => row.parts?.encoder !== '');
  const what = formed ? [...(encoders ? ['Encoder'] : []), 'Mixup', 'Aggregation', 'Losses'] : ['What'];
  const numbers = [
    ...(shown.paper ? ['Paper WA', 'Paper UA'] : []),
    ...['Seeds', 'WA %', 'UA %'],
    ...(shown.probe ? ['ΔUA to the linear probe [95 %]', 'p to the probe'] : []),
    ...(shown.first ? ['ΔUA [95 %]', 'p (speakers)', "McNemar's p"] : []),
  ];
  const columns: Column[] = [
    { title: 'Row' },
    ...what.map((title) => ({ title, wrap: title === 'What' || title === 'Losses' })),
    ...numbers.map((title) => ({ title, numeric: true })),
  ];
  const cells = (result: RowResult): Row => {
    const { parts, paper } = result.row;
    const [row = '', title = '', ...ours] = shortRow(result, { ...shown, paper: false });
    const named = [
      ...(encoders ? [parts?.encoder ?? ''] : []),
      parts?.mixup ?? '',
      parts?.aggregation ?? '',
      parts?.losses ?? '',
    ];
    const ofPaper = shown.paper ? [printed(paper?.wa), printed(paper?.ua)] : [];
    return { cells: [row, ...(formed ? named : [title]), ...ofPaper, ...ours] };
  };
  return table(
    'rows',
    shown.paper ? 'Paper and this ablation, in the form of Table 3' : 'Rows',
    columns,
    rows.map(cells),
  );
}
