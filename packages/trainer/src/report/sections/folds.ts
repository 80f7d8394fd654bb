import { foldTitle } from '../format';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { captionOf, partsOf, type Part } from '../parts';
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
  const parts = partsOf(report);
  const isOne = report.testSets.length === 0;
  const rows: Row[] = report.folds.map((fold) => ({
    ...(fold.status === 'done' ? {} : { kind: 'quiet' as const }),
    cells: [
      foldTitle(fold),
      // Two test sets are two results; what they come to together is none.
      isOne ? percentCell(fold.wa) : '',
      isOne ? percentCell(fold.ua) : '',
      fold.status === 'done' ? groups(fold) : fold.status === 'missing' ? 'not run yet' : 'not finished',
      countCell(fold.trainUtterances),
      countCell(fold.testUtterances),
      fold.epochs,
      secondsCell(fold.seconds),
    ],
  }));
  const { acrossFolds } = report;
  rows.push(
    ...parts.map((part): Row => ({
      kind: 'total',
      cells: [
        `${isOne ? 'Pooled' : part.name} [95 %]`,
        estimateCell(part.wa, part.intervals.wa),
        estimateCell(part.ua, part.intervals.ua),
        isOne ? 'all test utterances together' : 'this test set',
        '',
        countCell(part.utterances),
        '',
        isOne ? secondsCell(report.seconds) : '',
      ],
    })),
    ...(isOne && acrossFolds.wa.count > 1
      ? [
          {
            kind: 'total' as const,
            cells: ['Mean ± sd', meanCell(acrossFolds.wa), meanCell(acrossFolds.ua), 'over folds', '', '', '', ''],
          },
        ]
      : []),
  );
  return section(
    'folds',
    'Folds',
    table('folds', 'Results by fold', columns, rows),
    html`<p class="note">
      WA is the share of utterances that are right, UA the mean recall of the classes. Intervals are percentile
      bootstrap over the ${parts.map(({ speakers }) => speakers).join(' and ')} speakers: utterances of one speaker are
      alike. Over utterances alone, which is too narrow for other speakers, they are
      ${parts
        .map(({ name, utteranceIntervals: { wa, ua } }) => `${name} WA ${interval(wa)} and UA ${interval(ua)}`)
        .join('; ')}.
      Macro-F1: ${parts.map((part) => `${part.name} ${percent(part.macroF1)} %`).join('; ')}.
    </p>`,
    ...parts.map((part) =>
      table(`classes${part.suffix}`, captionOf('Results by class', part), classColumns, classRows(report.labels, part)),
    ),
    details('Classes in every fold', classStatistics(report)),
  );
}

/** Many groups would make the row as high as the page. */
const mostGroups = 12;

function groups({ testGroups }: Report['folds'][number]): string {
  const rest = testGroups.length - mostGroups;
  return rest > 0 ? `${testGroups.slice(0, mostGroups).join(', ')} and ${rest} more` : testGroups.join(', ');
}

const classColumns: readonly Column[] = [
  { title: 'Class' },
  ...['Test utterances', 'Predicted', 'Precision %', 'Recall %', 'F1 %'].map((title) => ({ title, numeric: true })),
];

function classRows(labels: readonly string[], { classes }: Part): Row[] {
  return classes.map(({ support, predicted, precision, recall, f1 }, index) => ({
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
