import { foldTitle } from '../format';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { countCell, estimateCell, meanCell, percentCell, secondsCell } from '../quantity';
import { details, section, table } from '../table';
import type { Cell, Column, Row } from '../table-data';
import { percent } from '../../percent';

const columns: readonly Column[] = [
  { title: 'Fold' },
  { title: 'WA %', numeric: true },
  { title: 'UA %', numeric: true },
  { title: 'Test groups', wrap: true },
  { title: 'Train', numeric: true },
  { title: 'Test', numeric: true },
  { title: 'Epochs', numeric: true },
  { title: 'Time', numeric: true },
];

/** The folds table, pooled and averaged results below it, and the class statistics of every fold. */
export function foldsSection(report: Report): Markup {
  const rows: Row[] = report.folds.map((fold) => ({
    ...(fold.status === 'done' ? {} : { kind: 'quiet' as const }),
    cells: [
      foldTitle(fold),
      percentCell(fold.wa),
      percentCell(fold.ua),
      fold.status === 'done' ? fold.testGroups.join(', ') : fold.status === 'missing' ? 'not run yet' : 'not finished',
      countCell(fold.trainUtterances),
      countCell(fold.testUtterances),
      fold.epochs,
      secondsCell(fold.seconds),
    ],
  }));
  const { pooled, acrossFolds } = report;
  rows.push(
    {
      kind: 'total',
      cells: [
        'Pooled [95 %]',
        estimateCell(pooled.wa, pooled.intervals.wa),
        estimateCell(pooled.ua, pooled.intervals.ua),
        'all test utterances together',
        '',
        countCell(report.utterances),
        '',
        secondsCell(report.seconds),
      ],
    },
    {
      kind: 'total',
      cells: ['Mean ± sd', meanCell(acrossFolds.wa), meanCell(acrossFolds.ua), 'over folds', '', '', '', ''],
    },
  );
  return section(
    'folds',
    'Folds',
    table('folds', 'Results by fold', columns, rows),
    html`<p class="note">
      WA is the share of utterances that are right, UA the mean recall of the classes. Intervals are percentile
      bootstrap over the ${report.speakers.length} speakers: utterances of one speaker are alike. Over utterances alone,
      which is too narrow for other speakers, they are WA ${interval(pooled.utteranceIntervals.wa)} and UA
      ${interval(pooled.utteranceIntervals.ua)}. Macro-F1 of the pooled predictions: ${percent(pooled.macroF1)}&nbsp;%.
    </p>`,
    table('classes', 'Results by class', classColumns, classRows(report)),
    details('Classes in every fold', classStatistics(report)),
  );
}

const classColumns: readonly Column[] = [
  { title: 'Class' },
  ...['Test utterances', 'Predicted', 'Precision %', 'Recall %', 'F1 %'].map((title) => ({ title, numeric: true })),
];

function classRows({ labels, pooled }: Report): Row[] {
  return pooled.classes.map(({ support, predicted, precision, recall, f1 }, index) => ({
    cells: [
      labels[index] ?? '',
      countCell(support),
      countCell(predicted),
      percentCell(precision),
      percentCell(recall),
      percentCell(f1),
    ],
  }));
}

const interval = ({ low, high }: { readonly low: number; readonly high: number }): string =>
  `${percent(low)} to ${percent(high)}`;

function classStatistics(report: Report): Markup {
  const rows = report.folds
    .filter((fold) => fold.status === 'done')
    .flatMap((fold): Row[] => {
      const cells = (classes: Readonly<Record<string, number>>): Cell[] =>
        report.labels.map((label) => countCell(classes[label] ?? 0));
      const test: Row = { cells: [`${foldTitle(fold)}, test`, ...cells(fold.testClasses)] };
      const { trainClasses } = fold;
      return trainClasses === undefined
        ? [test]
        : [{ cells: [`${foldTitle(fold)}, train`, ...cells(trainClasses)] }, test];
    });
  const titles = report.labels.map((title) => ({ title, numeric: true }));
  return table('class-counts', 'Utterances of each class', [{ title: 'Fold and part' }, ...titles], rows);
}
