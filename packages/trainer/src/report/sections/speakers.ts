import { axisStyle, chartSvg, ink } from '../chart';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { percentCell } from '../quantity';
import { details, figure, section, table } from '../table';
import { percent } from '../../percent';

/** UA of each speaker: how even the result is over people. */
export async function speakersSection(report: Report): Promise<Markup | undefined> {
  const { speakers } = report;
  if (speakers.length === 0) return undefined;
  const names = speakers.map(({ group }) => group);
  const height = 60 + 18 * names.length;
  const label = `Unweighted accuracy of ${names.length} speakers`;
  const drawing = await chartSvg(
    'speakers',
    label,
    { width: 560, height },
    {
      grid: { left: 8, right: 46, top: 6, bottom: 34, containLabel: true },
      xAxis: { type: 'value', min: 0, max: 100, name: 'UA %', nameLocation: 'middle', nameGap: 24, ...axisStyle },
      yAxis: {
        type: 'category',
        data: names,
        inverse: true,
        ...axisStyle,
        splitLine: { show: false },
        axisTick: { show: false },
      },
      series: [
        {
          type: 'bar',
          barWidth: 11,
          itemStyle: { color: ink.accent },
          label: { show: true, position: 'right', color: ink.text, fontSize: 11 },
          data: speakers.map(({ ua }) => Number((100 * ua).toFixed(1))),
        },
      ],
    },
  );
  const rows = speakers.map(({ group, utterances, wa, ua }) => ({
    cells: [group, utterances, percentCell(wa), percentCell(ua)],
  }));
  const columns = [
    { title: 'Speaker' },
    { title: 'Utterances', numeric: true },
    { title: 'WA %', numeric: true },
    { title: 'UA %', numeric: true },
  ];
  const values = speakers.map(({ ua }) => ua);
  return section(
    'speakers',
    'Speakers',
    html`<p>
      UA ranges from ${percent(Math.min(...values))}&nbsp;% to ${percent(Math.max(...values))}&nbsp;% over
      ${speakers.length} test speakers.
    </p>`,
    figure(
      'Unweighted accuracy by speaker',
      drawing,
      details('Numbers', table('speakers', 'Accuracy by speaker', columns, rows)),
    ),
  );
}
