import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { differenceCell, pCell, percentCell } from '../quantity';
import { section, table } from '../table';
import type { Row } from '../table-data';
import { percent } from '../../percent';

/** One sentence at the top, where the method is not better than its own linear probe. */
export function probeWarning({ baselines, pooled }: Report): Markup | undefined {
  const { probe } = baselines;
  if (!probe || probe.isBeaten) return undefined;
  return html`<p class="status open" role="status">
    Not shown to be better than a linear probe of the same encoder: UA ${percent(pooled.ua)}&nbsp;% against
    ${percent(probe.ua)}&nbsp;%, difference ${differenceCell(probe.uaDifference).shown} over speakers.
  </p>`;
}

/** The method beside a linear probe of the same encoder, the most frequent class, and chance. */
export function baselinesSection({ baselines, pooled, speakers }: Report): Markup {
  const { probe, majority, chance } = baselines;
  const rows: Row[] = [
    { kind: 'total', cells: ['this run', percentCell(pooled.wa), percentCell(pooled.ua), '', '', ''] },
    ...(probe
      ? [
          {
            cells: [
              'linear probe of the same encoder',
              percentCell(probe.wa),
              percentCell(probe.ua),
              differenceCell(probe.waDifference),
              differenceCell(probe.uaDifference),
              pCell(probe.permutation),
            ],
          },
        ]
      : []),
    { cells: ['most frequent class', percentCell(majority.wa), percentCell(majority.ua), '', '', ''] },
    { cells: ['chance', percentCell(chance), percentCell(chance), '', '', ''] },
  ];
  const numeric = ['WA %', 'UA %', 'this run − it, WA [95 %]', 'this run − it, UA [95 %]', 'p (speakers)'];
  return section(
    'baselines',
    'Baselines',
    table(
      'baselines',
      'What the run has to beat',
      [{ title: 'System' }, ...numeric.map((title) => ({ title, numeric: true }))],
      rows,
    ),
    probe
      ? html`<p class="note">
          The probe is logistic regression on mean and deviation of the frames of the encoder as it came; its layers and
          its regularisation were chosen on inner splits of the training side by speaker. Intervals are over
          ${speakers.length} speakers.
        </p>`
      : undefined,
  );
}
