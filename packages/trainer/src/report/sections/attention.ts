import { envelope, sampleRate, wavUri, type AttendedUtterance } from '../attention';
import { axisStyle, chartSvg, ink, legendStyle } from '../chart';
import { html, type Markup } from '../html';
import type { RunData } from '../../record/read-run';
import { section } from '../table';
import { percent } from '../../percent';

const bins = 320;

/** Attention weights over the waveform of chosen utterances, with the sound to listen to. */
export async function attentionSection(
  utterances: readonly AttendedUtterance[],
  run: RunData,
): Promise<Markup | undefined> {
  if (utterances.length === 0) return undefined;
  const figures = await Promise.all(utterances.map((utterance, index) => attended(utterance, index, run)));
  return section(
    'attention',
    'Attention',
    html`<p class="note">
      Where pooling looks: the weight of each frame, over the waveform; an even spread would be at 1. The page holds
      these excerpts of the corpus, so the corpus's licence applies to it too.
    </p>`,
    html`<div class="grid">${figures}</div>`,
  );
}

async function attended(utterance: AttendedUtterance, index: number, run: RunData): Promise<Markup> {
  const { id, samples, weights, frameRate, problem } = utterance;
  const seconds = samples === undefined ? weights.length / frameRate : samples.length / sampleRate;
  const time = (bin: number): number => Number((((bin + 0.5) * seconds) / bins).toFixed(4));
  const wave = samples === undefined ? [] : envelope(samples, bins);
  const loudest = Math.max(1e-4, ...wave.map(({ low, high }) => Math.max(-low, high)));
  const height = (value: number): number => Number((value / loudest).toFixed(3));
  const shown = weights.slice(0, Math.ceil(seconds * frameRate));
  const label = `Waveform and attention of ${id}`;
  const drawing = await chartSvg(
    `attention-${index}`,
    label,
    { width: 460, height: 210 },
    {
      legend: { ...legendStyle, data: samples === undefined ? ['attention'] : ['waveform', 'attention'] },
      grid: { left: 8, right: 14, top: 30, bottom: 30, containLabel: true },
      xAxis: {
        type: 'value',
        min: 0,
        max: seconds,
        name: 'seconds',
        nameLocation: 'middle',
        nameGap: 22,
        ...axisStyle,
        axisLine: { ...axisStyle.axisLine, onZero: false },
        splitLine: { show: false },
        axisLabel: { ...axisStyle.axisLabel, showMaxLabel: false },
      },
      yAxis: [
        { type: 'value', min: -1, max: 1, show: false },
        { type: 'value', min: 0, ...axisStyle, position: 'left', splitNumber: 3 },
      ],
      series: [
        {
          name: 'waveform',
          type: 'line',
          symbol: 'none',
          color: ink.muted,
          lineStyle: { width: 0 },
          areaStyle: { color: ink.muted, opacity: 0.45, origin: 0 },
          data: [
            ...wave.map(({ high }, bin) => [time(bin), height(high)]),
            ...wave.map(({ low }, bin) => [time(bin), height(low)]).reverse(),
          ],
        },
        {
          name: 'attention',
          type: 'line',
          symbol: 'none',
          yAxisIndex: 1,
          color: ink.accent,
          lineStyle: { width: 1.8 },
          data: shown.map((weight, frame) => [
            Number(((frame + 0.5) / frameRate).toFixed(3)),
            Number((weight * weights.length).toFixed(3)),
          ]),
        },
      ],
    },
  );
  return html`<figure>
    <figcaption>${title(utterance, run)}</figcaption>
    ${drawing}
    ${
      samples === undefined
        ? html`<p class="note">No sound: ${problem}</p>`
        : html`<audio controls preload="metadata" src="${wavUri(samples)}" aria-label="${id}"></audio>`
    }
  </figure>`;
}

function title({ id, fold }: AttendedUtterance, run: RunData): Markup {
  const line = run.folds.find(({ index }) => index === fold)?.predictions.find((prediction) => prediction.id === id);
  const probability = line?.probabilities[run.labels.indexOf(line.predicted)];
  const result =
    line === undefined
      ? ''
      : line.label === line.predicted
        ? `${line.label}, recognised (${percent(probability ?? NaN, 0)} %)`
        : `${line.label}, taken for ${line.predicted} (${percent(probability ?? NaN, 0)} %)`;
  return html`<code>${id}</code> ${result}`;
}
