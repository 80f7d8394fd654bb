import type { SeriesOption } from 'echarts';
import { axisStyle, chartSvg, legendStyle, seriesColor, seriesSymbol } from '../chart';
import { html, type Markup } from '../html';
import type { FoldCurves, Report } from '../summarize';
import { details, figure, section, table } from '../table';
import type { Quantity } from '../table-data';

type Epoch = FoldCurves['epochs'][number];

interface Line {
  readonly name: string;
  readonly value: (epoch: Epoch) => number | undefined;
}

/** Loss components, learning rates and inner validation over the epochs: the folds' mean, each fold behind it. */
export async function trainingSection(report: Report): Promise<Markup | undefined> {
  const folds = report.curves.filter((fold) => fold.epochs.length > 0);
  const epochs = folds.flatMap((fold) => fold.epochs);
  if (epochs.length === 0) return undefined;
  const components = names(epochs.map((epoch) => epoch.components));
  const rates = names(epochs.map((epoch) => epoch.learningRates));
  const weighted = components.map((name) => ({ name, value: (epoch: Epoch) => epoch.components[name]?.weighted }));
  const raw = components.map((name) => ({ name, value: (epoch: Epoch) => epoch.components[name]?.raw }));
  const learning = rates.map((name) => ({
    name,
    value: (epoch: Epoch) => new Map(Object.entries(epoch.learningRates)).get(name),
  }));
  const total: Line = { name: 'total', value: (epoch) => epoch.loss };
  const figures = [
    await curves('weighted', 'Weighted losses, as they are minimised', [total, ...weighted], folds, false),
    await curves('raw', 'Raw losses (logarithmic)', [{ name: '', value: () => undefined }, ...raw], folds, true),
    await curves('rates', 'Learning rates (logarithmic)', learning, folds, true),
  ];
  if (epochs.some((epoch) => epoch.validation !== undefined)) {
    const lines: Line[] = [
      { name: 'WA %', value: (epoch) => scaled(epoch.validation?.wa) },
      { name: 'UA %', value: (epoch) => scaled(epoch.validation?.ua) },
    ];
    figures.push(await curves('validation', 'Inner validation speakers (never the test fold)', lines, folds, false));
  }
  return section(
    'training',
    'Training',
    html`<p class="note">Thick lines are means over folds, thin ones the folds.</p>`,
    html`<div class="grid">${figures}</div>`,
  );
}

async function curves(
  id: string,
  caption: string,
  lines: readonly Line[],
  folds: readonly FoldCurves[],
  logarithmic: boolean,
): Promise<Markup> {
  const named = lines.filter(({ name }) => name !== '');
  const series = lines.flatMap((line, index) => (line.name === '' ? [] : lineSeries(line, index, folds)));
  const drawing = await chartSvg(
    `curve-${id}`,
    caption,
    { width: 460, height: 280 },
    {
      legend: {
        ...legendStyle,
        data: named.map(({ name }) => name),
      },
      grid: { left: 8, right: 14, top: 34, bottom: 30, containLabel: true },
      xAxis: {
        type: 'value',
        minInterval: 1,
        min: 1,
        max: lastEpoch(folds),
        name: 'epoch',
        nameLocation: 'middle',
        nameGap: 24,
        ...axisStyle,
        splitLine: { show: false },
      },
      yAxis: {
        type: logarithmic ? 'log' : 'value',
        scale: true,
        ...axisStyle,
        axisLabel: { ...axisStyle.axisLabel, formatter: tick },
      },
      series,
    },
  );
  const rows = meansByEpoch(named, folds).map(({ epoch, means }) => ({
    cells: [epoch, ...means.map(lossCell)],
  }));
  const columns = ['Epoch', ...named.map(({ name }) => name)].map((title) => ({ title, numeric: true }));
  return figure(
    caption,
    drawing,
    details('Numbers', table(`training-${id}`, `${caption}, mean over folds`, columns, rows)),
  );
}

const lossCell = (value: number): Quantity => ({
  shown: Number.isFinite(value) ? value.toPrecision(4) : '–',
  numbers: { '': value },
});

function lineSeries(line: Line, index: number, folds: readonly FoldCurves[]): SeriesOption[] {
  const color = seriesColor(index);
  const plain = { type: 'line' as const, color, silent: true };
  const single = folds.length === 1 ? [] : folds;
  return [
    ...single.map((fold) => ({
      ...plain,
      symbol: 'none',
      lineStyle: { width: 1, opacity: 0.25 },
      data: fold.epochs.map((epoch) => [epoch.epoch, finite(line.value(epoch))]),
    })),
    {
      ...plain,
      name: line.name,
      symbol: seriesSymbol(index),
      symbolSize: 6,
      itemStyle: { color },
      lineStyle: { width: 2.2 },
      data: meansByEpoch([line], folds).map(({ epoch, means }) => [epoch, finite(means[0])]),
    },
  ];
}

function meansByEpoch(lines: readonly Line[], folds: readonly FoldCurves[]): { epoch: number; means: number[] }[] {
  const numbers = [...new Set(folds.flatMap((fold) => fold.epochs.map(({ epoch }) => epoch)))].sort((a, b) => a - b);
  return numbers.map((number) => {
    const rows = folds.flatMap((fold) => fold.epochs.filter(({ epoch }) => epoch === number));
    const means = lines.map(({ value }) => {
      const values = rows.map((row) => value(row) ?? NaN).filter((item) => Number.isFinite(item));
      return values.reduce((sum, item) => sum + item, 0) / values.length;
    });
    return { epoch: number, means };
  });
}

function names(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function lastEpoch(folds: readonly FoldCurves[]): number {
  return Math.max(2, ...folds.flatMap((fold) => fold.epochs.map(({ epoch }) => epoch)));
}

/** ECharts leaves a gap for null; null is also what JSON makes of a loss that was not finite. */
function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function scaled(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}

function tick(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(3)));
}
