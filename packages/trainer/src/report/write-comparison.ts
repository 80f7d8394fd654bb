import { writeFileWhole } from '@ser/files';
import { axisStyle, chartSvg, ink } from './chart';
import type { Comparison, ComparedRun } from './compare-runs';
import { count, setting } from './format';
import { html, type Markup } from './html';
import { page } from './page';
import { countCell, differenceCell, pCell, percentCell, pointsCell } from './quantity';
import { figure, section, table } from './table';
import type { Cell, Row } from './table-data';
import { textTable } from './text-table';

/** For a terminal: the first run, and every other beside it. */
export function comparisonText(comparisons: readonly Comparison[]): string {
  const [first] = comparisons;
  if (first === undefined) return '';
  const header = ['run', 'shared', 'WA %', 'UA %', 'ΔWA [95 %]', 'ΔUA [95 %]', 'p (speakers)', "McNemar's p"];
  const alone: Cell[] = [first.a.name, countCell(first.shared), percentCell(first.a.wa), percentCell(first.a.ua)];
  const rows = comparisons.map(({ b, shared, wa, ua, permutation, mcnemar }): Cell[] => [
    b.name,
    countCell(shared),
    percentCell(b.wa),
    percentCell(b.ua),
    differenceCell(wa),
    differenceCell(ua),
    pCell(permutation),
    pCell(mcnemar.p),
  ]);
  return [textTable(header, [alone, ...rows]), ...stamps(comparisons)].join('\n');
}

/** What has to stand beside the numbers, with the run that it is of. */
function stamps(comparisons: readonly Comparison[]): string[] {
  const runs = comparisons.flatMap(({ a, b }) => [a, b]);
  return [...new Set(runs.flatMap(({ name, stamp }) => (stamp === undefined ? [] : `${name}: ${stamp}`)))];
}

/** Writes one page on how each run differs from the first. */
export async function writeComparison(path: string, comparisons: readonly Comparison[]): Promise<void> {
  const names = [comparisons[0]?.a.name ?? '', ...comparisons.map(({ b }) => b.name)];
  const title = names.join(' and ');
  const header = html`<header>
    <p class="kicker">Comparison of runs</p>
    <h1>${title}</h1>
    <p>
      Finished folds only, on the utterances that both runs of a pair have tested. Differences are in percentage points
      against ${names[0] ?? ''}; intervals are paired bootstrap over the speakers, because utterances of one speaker are
      alike. "p (speakers)" is a permutation test that exchanges the two runs speaker by speaker. McNemar's exact test
      counts the utterances that only the first run, and that only this run has right; it takes them as independent, and
      is too sure of itself for that reason.
    </p>
    ${stamps(comparisons).map((stamp) => html`<p class="status open" role="status">${stamp}</p>`)}
  </header>`;
  const sections = [
    section('results', 'Results', resultsTable(comparisons), await differencesFigure(comparisons)),
    ...comparisons.map((comparison, index) => pairSection(comparison, index)),
  ];
  await writeFileWhole(path, page(title, header, sections, html`<footer>Written by ser compare.</footer>`));
}

function resultsTable(comparisons: readonly Comparison[]): Markup {
  const columns = [
    'Run',
    'Shared',
    'WA %',
    'UA %',
    'ΔWA [95 %]',
    'ΔUA [95 %]',
    'First only',
    'This only',
    'Speakers',
    'p (speakers)',
    "McNemar's p",
  ];
  const [first] = comparisons;
  const alone: Row[] =
    first === undefined
      ? []
      : [{ cells: [first.a.name, countCell(first.shared), percentCell(first.a.wa), percentCell(first.a.ua)] }];
  const rows = comparisons.map(({ b, shared, speakers, wa, ua, permutation, mcnemar }): Row => ({
    cells: [
      b.name,
      countCell(shared),
      percentCell(b.wa),
      percentCell(b.ua),
      differenceCell(wa),
      differenceCell(ua),
      mcnemar.onlyA,
      mcnemar.onlyB,
      speakers,
      pCell(permutation),
      pCell(mcnemar.p),
    ],
  }));
  return table(
    'differences',
    'Paired differences',
    columns.map((title, index) => ({ title, numeric: index > 0 })),
    [...alone, ...rows],
  );
}

async function differencesFigure(comparisons: readonly Comparison[]): Promise<Markup> {
  const caption = 'Difference in UA, percentage points, with its 95 % interval; the line at 0 is no difference';
  const ends = comparisons.flatMap(({ ua }) => [ua.interval.low, ua.interval.high, ua.difference, 0]);
  const drawing = await chartSvg(
    'differences',
    caption,
    { width: 560, height: 66 + 30 * comparisons.length },
    {
      grid: { left: 8, right: 20, top: 6, bottom: 34, containLabel: true },
      xAxis: {
        type: 'value',
        min: Math.floor(100 * Math.min(...ends)) - 1,
        max: Math.ceil(100 * Math.max(...ends)) + 1,
        name: 'ΔUA',
        nameLocation: 'middle',
        nameGap: 24,
        ...axisStyle,
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: comparisons.map(({ b }) => b.name),
        ...axisStyle,
        splitLine: { show: false },
      },
      series: [
        ...comparisons.map(({ ua }, row) => ({
          type: 'line' as const,
          symbol: 'none',
          color: ink.accent,
          lineStyle: { width: 3, opacity: 0.45 },
          data: [
            [100 * ua.interval.low, row],
            [100 * ua.interval.high, row],
          ],
        })),
        {
          type: 'scatter' as const,
          symbolSize: 9,
          itemStyle: { color: ink.accent },
          data: comparisons.map(({ ua }, row) => [100 * ua.difference, row]),
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: ink.muted, type: 'dashed' as const },
            data: [{ xAxis: 0 }],
          },
        },
      ],
    },
  );
  return figure(caption, drawing);
}

function pairSection({ a, b, labels }: Comparison, index: number): Markup {
  const recallRows = labels.map((label, at): Row => {
    const [before = NaN, after = NaN] = [a.recalls[at], b.recalls[at]];
    return { cells: [label, percentCell(before), percentCell(after), pointsCell(after - before)] };
  });
  const columns = ['Class', a.name, b.name, 'difference'].map((title, at) => ({ title, numeric: at > 0 }));
  const only = (run: ComparedRun): string => `${run.name}: ${count(run.alone)}`;
  return section(
    `pair-${index + 1}`,
    `${a.name} → ${b.name}`,
    table(`recalls-${index + 1}`, 'Recall by class, %', columns, recallRows),
    a.alone + b.alone === 0
      ? undefined
      : html`<p class="note">Tested by one run only, and left out here: ${only(a)}, ${only(b)}.</p>`,
    settingsTable(a, b, index),
  );
}

/** What was set differently. */
function settingsTable(a: ComparedRun, b: ComparedRun, index: number): Markup {
  const described = new Set(['command', 'versions', 'labels', 'foldCount', 'folds', 'name', 'origins']);
  const keys = [...new Set([...Object.keys(a.config), ...Object.keys(b.config)])].filter((key) => !described.has(key));
  const text = (run: ComparedRun, key: string): string =>
    run.config[key] === undefined ? '–' : setting(run.config[key]);
  const rows = keys
    .filter((key) => text(a, key) !== text(b, key))
    .map((key): Row => ({ cells: [key, text(a, key), text(b, key)] }));
  return rows.length === 0
    ? html`<p>Both runs have the same settings.</p>`
    : table(
        `settings-${index + 1}`,
        'Settings that differ',
        [
          { title: 'Setting', code: true },
          { title: a.name, wrap: true },
          { title: b.name, wrap: true },
        ],
        rows,
      );
}
