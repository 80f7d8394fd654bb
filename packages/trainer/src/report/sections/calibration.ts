import type { ReliabilityBin } from '../../metrics';
import { axisStyle, chartSvg, ink, legendStyle, seriesColor } from '../chart';
import { html, type Markup } from '../html';
import { percentCell } from '../quantity';
import type { Report } from '../summarize';
import { details, figure, section, table } from '../table';
import type { Row } from '../table-data';
import { percent } from '../../percent';

const scaledName = 'calibrated';

/** Reliability diagram: whether 80 % sure means right in 80 % of the cases, as the model is and at a fitted temperature. */
export async function calibrationSection(report: Report): Promise<Markup | undefined> {
  if (report.utterances === 0) return undefined;
  const { calibration, scaling } = report;
  const { bins } = calibration;
  const caption = 'Accuracy against confidence; on the diagonal the probabilities are honest';
  const middle = (bin: { readonly low: number; readonly high: number }): number => 50 * (bin.low + bin.high);
  const curve = (name: string, of: readonly ReliabilityBin[], color: string, symbol: string) => ({
    name,
    type: 'line' as const,
    symbol,
    symbolSize: 7,
    color,
    itemStyle: { color },
    lineStyle: { width: 2.2 },
    data: of.filter(({ count }) => count > 0).map((bin) => [100 * bin.confidence, 100 * bin.accuracy]),
  });
  const drawing = await chartSvg(
    'calibration',
    caption,
    { width: 460, height: 340 },
    {
      legend: {
        ...legendStyle,
        data: ['accuracy', ...(scaling ? [scaledName] : []), 'share of utterances', 'honest'],
      },
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
        curve('accuracy', bins, ink.accent, 'circle'),
        ...(scaling ? [curve(scaledName, scaling.after.bins, seriesColor(1), 'triangle')] : []),
      ],
    },
  );
  const numbers = [
    table('calibration', 'Reliability by confidence', binColumns, binRows(bins)),
    ...(scaling
      ? [table('calibration-scaled', 'Reliability by confidence, calibrated', binColumns, binRows(scaling.after.bins))]
      : []),
  ];
  return section(
    'calibration',
    'Calibration',
    html`<p>
      Expected calibration error over ${bins.length} bins: <strong>${percent(calibration.ece)}&nbsp;%</strong>.
      ${scalingSentence(report)}
    </p>`,
    scaling && temperaturesTable(scaling),
    figure(caption, drawing, details('Numbers', numbers)),
  );
}

const binColumns = ['Confidence %', 'Utterances', 'Mean confidence %', 'Accuracy %'].map((title) => ({
  title,
  numeric: true,
}));

const binRows = (bins: readonly ReliabilityBin[]): Row[] =>
  bins.map((bin) => ({
    cells: [
      `${percent(bin.low, 0)}–${percent(bin.high, 0)}`,
      bin.count,
      percentCell(bin.confidence),
      percentCell(bin.accuracy),
    ],
  }));

/** What temperature scaling does, or why there is none. */
function scalingSentence({ scaling, folds, hasValidation }: Report): Markup {
  const done = folds.filter(({ status }) => status === 'done');
  if (!scaling) {
    return hasValidation
      ? html`No temperature was fitted: on the inner validation speakers every utterance is right or the model is no
        better than chance, or the folds are older than temperature scaling.`
      : html`Without inner validation speakers (--validation-groups) there is nothing to fit a temperature on; the test
        folds must not be used for it.`;
  }
  const { temperatures, before, after } = scaling;
  const fitted = html`fitted on its inner validation speakers and never on the test fold`;
  const change =
    temperatures.length === done.length
      ? html`With the logits divided by one temperature a fold, ${fitted}, it is
          <strong>${percent(after.ece)}&nbsp;%</strong>.`
      : html`In the ${temperatures.length} of ${done.length} folds that have a temperature, ${fitted}, it goes from
          ${percent(before.ece)}&nbsp;% to <strong>${percent(after.ece)}&nbsp;%</strong> with it.`;
  return html`${change} No accuracy changes by it. <code>ser predict --calibrated</code> gives these probabilities.`;
}

function temperaturesTable({ temperatures }: NonNullable<Report['scaling']>): Markup {
  const rows = temperatures.map(({ fold, temperature }): Row => ({
    cells: [`fold ${fold}`, { shown: temperature.toFixed(3), numbers: { '': temperature } }],
  }));
  return details(
    'Temperatures',
    table(
      'temperatures',
      'Temperature of each fold',
      [{ title: 'Fold' }, { title: 'Temperature', numeric: true }],
      rows,
    ),
  );
}
