import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { section, table } from '../table';
import { percent } from '../../percent';

/** Errors made with the least probability for the true class. */
export function hardestSection(report: Report): Markup | undefined {
  if (report.hardest.length === 0) return undefined;
  const rows = report.hardest.map((line) => ({
    cells: [
      html`<code>${line.id}</code>`,
      line.speaker,
      line.fold,
      line.label,
      line.predicted,
      percent(line.labelProbability),
      percent(line.predictedProbability),
    ],
  }));
  const columns = [
    { title: 'Utterance' },
    { title: 'Speaker' },
    { title: 'Fold', numeric: true },
    { title: 'True class' },
    { title: 'Predicted' },
    { title: 'P(true) %', numeric: true },
    { title: 'P(predicted) %', numeric: true },
  ];
  return section('hardest', 'Hardest utterances', table('Least probability for the true class', columns, rows));
}
