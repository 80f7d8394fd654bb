import { foldTitle } from '../format';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { partsOf } from '../parts';
import { percentCell } from '../quantity';
import { details, section, shownAs } from '../table';
import { percent } from '../../percent';

/** Confusion matrices: pooled, and one for each fold on demand. */
export function confusionSection(report: Report): Markup {
  const folds = report.folds.filter((fold) => fold.status === 'done');
  return section(
    'confusion',
    'Confusion matrix',
    ...partsOf(report).map(({ name, suffix, confusion }) =>
      matrix(`confusion${suffix}`, name === '' ? 'All finished folds' : name, report.labels, confusion),
    ),
    html`<p class="note">Rows are the true classes. Each cell: count, and share of the row in %.</p>`,
    folds.length < 2
      ? undefined
      : details(
          'By fold',
          folds.map((fold) => matrix(`confusion-fold-${fold.fold}`, foldTitle(fold), report.labels, fold.confusion)),
        ),
  );
}

function matrix(
  name: string,
  caption: string,
  labels: readonly string[],
  counts: readonly (readonly number[])[],
): Markup {
  const { text } = html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix, ${caption}">
    <table class="matrix">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">true ╲ predicted</th>
          ${labels.map((label) => html`<th scope="col" class="n">${label}</th>`)}
          <th scope="col" class="n">recall %</th>
        </tr>
      </thead>
      <tbody>
        ${counts.map((row, truth) => matrixRow(labels[truth] ?? '', row, truth))}
      </tbody>
    </table>
  </div>`;
  const columns = [...labels, 'recall %'].map((title) => ({ title, numeric: true }));
  const rows = counts.map((row, truth) => ({
    cells: [labels[truth] ?? '', ...row, percentCell(recallOf(row, truth))],
  }));
  return shownAs(
    { name, caption: `Confusion matrix, ${caption}`, columns: [{ title: 'true ╲ predicted' }, ...columns], rows },
    text,
  );
}

const recallOf = (row: readonly number[], truth: number): number =>
  (row[truth] ?? 0) / row.reduce((sum, count) => sum + count, 0);

function matrixRow(label: string, row: readonly number[], truth: number): Markup {
  const total = row.reduce((sum, count) => sum + count, 0);
  const cells = row.map((count, predicted) => {
    const share = total === 0 ? 0 : count / total;
    const color = truth === predicted ? 'right' : 'wrong';
    return html`<td class="n cell ${color}" style="--share:${share.toFixed(3)}">
      ${count}<small>${percent(share, 0)}</small>
    </td>`;
  });
  return html`<tr>
    <th scope="row">${label}</th>
    ${cells}
    <td class="n">${percent(recallOf(row, truth))}</td>
  </tr>`;
}
