import { pValue } from '../format';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { section, table, type Row } from '../table';
import { difference } from '../write-comparison';
import { percent } from '../../percent';

/** One sentence at the top, where the method is not better than its own linear probe. */
export function probeWarning({ baselines, pooled }: Report): Markup | undefined {
  const { probe } = baselines;
  if (!probe || probe.isBeaten) return undefined;
  return html`<p class="status open" role="status">
    Not shown to be better than a linear probe of the same encoder: UA ${percent(pooled.ua)}&nbsp;% against
    ${percent(probe.ua)}&nbsp;%, difference ${difference(probe.uaDifference)} over speakers.
  </p>`;
}

/** The method beside a linear probe of the same encoder, the most frequent class, and chance. */
export function baselinesSection({ baselines, pooled, speakers }: Report): Markup {
  const { probe, majority, chance } = baselines;
  const rows: Row[] = [
    { kind: 'total', cells: ['this run', percent(pooled.wa), percent(pooled.ua), '', '', ''] },
    ...(probe
      ? [
          {
            cells: [
              'linear probe of the same encoder',
              percent(probe.wa),
              percent(probe.ua),
              difference(probe.waDifference),
              difference(probe.uaDifference),
              pValue(probe.permutation),
            ],
          },
        ]
      : []),
    { cells: ['most frequent class', percent(majority.wa), percent(majority.ua), '', '', ''] },
    { cells: ['chance', percent(chance), percent(chance), '', '', ''] },
  ];
  const numeric = ['WA %', 'UA %', 'this run − it, WA [95 %]', 'this run − it, UA [95 %]', 'p (speakers)'];
  return section(
    'baselines',
    'Baselines',
    table('What the run has to beat', [{ title: '' }, ...numeric.map((title) => ({ title, numeric: true }))], rows),
    probe
      ? html`<p class="note">
          The probe is logistic regression on mean and deviation of the frames of the encoder as it came; its layers and
          its regularisation were chosen on inner splits of the training side by speaker. Intervals are over
          ${speakers.length} speakers.
        </p>`
      : undefined,
  );
}
