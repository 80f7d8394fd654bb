import type { Markup } from '../html';
import type { Report } from '../summarize';
import { percentCell } from '../quantity';
import { section, table } from '../table';

/** Errors made with the least probability for the true class. */
export function hardestSection(report: Report): Markup | undefined {
  if (report.hardest.length === 0) return undefined;
  const rows = report.hardest.map((line) => ({
    cells: [
      line.id,
      line.speaker,
      line.fold,
      line.label,
      line.predicted,
      percentCell(line.labelProbability),
      percentCell(line.predictedProbability),
    ],
  }));
  const columns = [
    { title: 'Utterance', code: true },
    { title: 'Speaker' },
    { title: 'Fold', numeric: true },
    { title: 'True class' },
    { title: 'Predicted' },
    { title: 'P(true) %', numeric: true },
    { title: 'P(predicted) %', numeric: true },
  ];
  return section(
    'hardest',
    'Hardest utterances',
    table('hardest', 'Least probability for the true class', columns, rows),
  );
}
