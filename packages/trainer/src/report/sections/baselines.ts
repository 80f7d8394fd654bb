import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { captionOf, partsOf, type Part } from '../parts';
import { differenceCell, pCell, percentCell } from '../quantity';
import { section, table } from '../table';
import type { Row } from '../table-data';
import { percent } from '../../percent';

/** One sentence at the top for each result that is not better than the linear probe's. */
export function probeWarning(report: Report): Markup[] {
  return partsOf(report).flatMap(({ name, ua, baselines: { probe } }) => {
    if (!probe || probe.isBeaten) return [];
    return html`<p class="status open" role="status">
      ${name === '' ? '' : `${name}: `}Not shown to be better than a linear probe of the same encoder: UA
      ${percent(ua)}&nbsp;% against ${percent(probe.ua)}&nbsp;%, difference ${differenceCell(probe.uaDifference).shown}
      over speakers.
    </p>`;
  });
}

/** The method beside a linear probe of the same encoder, the most frequent class, and chance. */
export function baselinesSection(report: Report): Markup {
  const parts = partsOf(report);
  const speakers = parts.map((part) => part.speakers).join(' and ');
  return section(
    'baselines',
    'Baselines',
    ...parts.map(baselinesTable),
    parts.some(({ baselines }) => baselines.probe)
      ? html`<p class="note">
          The probe is logistic regression on mean and deviation of the frames of the encoder as it came; its layers and
          its regularisation were chosen on inner splits of the training side by speaker. Intervals are over ${speakers}
          speakers.
        </p>`
      : undefined,
  );
}

function baselinesTable(part: Part): Markup {
  const { probe, majority, chance } = part.baselines;
  const plain = (system: string, wa: number, ua: number): Row => ({
    cells: [system, percentCell(wa), percentCell(ua), ...(probe ? ['', '', ''] : [])],
  });
  const rows: Row[] = [
    { ...plain('this run', part.wa, part.ua), kind: 'total' },
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
    plain('most frequent class', majority.wa, majority.ua),
    plain('chance', chance, chance),
  ];
  const compared = ['this run − it, WA [95 %]', 'this run − it, UA [95 %]', 'p (speakers)'];
  const numeric = ['WA %', 'UA %', ...(probe ? compared : [])];
  return table(
    `baselines${part.suffix}`,
    captionOf('What the run has to beat', part),
    [{ title: 'System' }, ...numeric.map((title) => ({ title, numeric: true }))],
    rows,
  );
}
