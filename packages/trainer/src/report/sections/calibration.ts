import { axisStyle, chartSvg, ink, legendStyle } from '../chart';
import { html, type Markup } from '../html';
import type { Report } from '../summarize';
import { percentCell } from '../quantity';
import { details, figure, section, table } from '../table';
import { percent } from '../../percent';

/** Reliability diagram: whether 80 % sure means right in 80 % of the cases. */
export async function calibrationSection(report: Report): Promise<Markup | undefined> {
  if (report.utterances === 0) return undefined;
  const { ece, bins } = report.calibration;
  const filled = bins.filter(({ count }) => count > 0);
  const caption = 'Accuracy against confidence; on the diagonal the probabilities are honest';
  const middle = (bin: { readonly low: number; readonly high: number }): number => 50 * (bin.low + bin.high);
  const drawing = await chartSvg(
    'calibration',
    caption,
    { width: 460, height: 340 },
    {
      legend: { ...legendStyle, data: ['accuracy', 'share of utterances', 'honest'] },
      grid: { left: 8, right: 14, top: 34, bottom: 30, containLabel: true },
      xAxis: {
        type: 'value',
        min: 0,
        max: 100,
        name: 'confidence %',
        nameLocation: 'middle',
        nameGap: 24,
        ...axisStyle,
        splitLine: { show: false },
      },
      yAxis: { type: 'value', min: 0, max: 100, ...axisStyle },
      series: [
        {
          name: 'share of utterances',
          type: 'bar',
          barWidth: 22,
          itemStyle: { color: ink.line },
          data: bins.map((bin) => [middle(bin), (100 * bin.count) / report.utterances]),
        },
        {
          name: 'honest',
          type: 'line',
          symbol: 'none',
          color: ink.muted,
          lineStyle: { type: 'dashed', width: 1 },
          data: [
            [0, 0],
            [100, 100],
          ],
        },
        {
          name: 'accuracy',
          type: 'line',
          symbol: 'circle',
          symbolSize: 7,
          color: ink.accent,
          itemStyle: { color: ink.accent },
          lineStyle: { width: 2.2 },
          data: filled.map((bin) => [100 * bin.confidence, 100 * bin.accuracy]),
        },
      ],
    },
  );
  const rows = bins.map((bin) => ({
    cells: [
      `${percent(bin.low, 0)}–${percent(bin.high, 0)}`,
      bin.count,
      percentCell(bin.confidence),
      percentCell(bin.accuracy),
    ],
  }));
  const columns = ['Confidence %', 'Utterances', 'Mean confidence %', 'Accuracy %'].map((title) => ({
    title,
    numeric: true,
  }));
  return section(
    'calibration',
    'Calibration',
    html`<p>Expected calibration error over ${bins.length} bins: <strong>${percent(ece)}&nbsp;%</strong>.</p>`,
    figure(caption, drawing, details('Numbers', table('calibration', 'Reliability by confidence', columns, rows))),
  );
}
