import { chartSvg, ink, legendStyle } from '../chart';
import { classStyle } from '../class-color';
import type { EmbeddingMaps, EmbeddingPanel } from '../embedding-maps';
import { html, type Markup } from '../html';
import { details, figure, section } from '../table';

const letters = ['a', 'b', 'c', 'd'];

/** Figure 2: t-SNE of train and test embeddings before and after training. */
export async function embeddingsSection(
  maps: readonly EmbeddingMaps[],
  labels: readonly string[],
): Promise<Markup | undefined> {
  const drawn = await Promise.all(
    maps
      .filter(({ panels }) => panels.length > 0)
      .map(async (map) => ({ fold: map.fold, grid: await panelGrid(map, labels) })),
  );
  const [first, ...others] = drawn;
  if (first === undefined) return undefined;
  return section(
    'embeddings',
    'Embeddings',
    html`<p class="note">
      t-SNE of z, in the form of the paper's Figure 2; fold ${first.fold}. Positions of separate drawings cannot be
      compared. The silhouette (−1 to 1) is computed in the space of z itself: higher means classes further apart.
    </p>`,
    first.grid,
    ...others.map(({ fold, grid }) => details(`Fold ${fold}`, grid)),
  );
}

async function panelGrid(map: EmbeddingMaps, labels: readonly string[]): Promise<Markup> {
  const figures = await Promise.all(map.panels.map((panel, index) => panelFigure(panel, index, map.fold, labels)));
  return html`<div class="grid">${figures}</div>`;
}

async function panelFigure(
  panel: EmbeddingPanel,
  index: number,
  fold: number,
  labels: readonly string[],
): Promise<Markup> {
  const name = `(${letters[index] ?? index}) ${panel.split === 'train' ? 'Training' : 'Test'} set ${panel.stage} training`;
  const shown = panel.points.length < panel.total ? `${panel.points.length} of ${panel.total}` : `${panel.total}`;
  const score = panel.silhouette === null ? '' : `; silhouette ${panel.silhouette.toFixed(2).replace('-', '−')}`;
  const styles = classStyle(labels);
  const axis = {
    type: 'value' as const,
    scale: true,
    axisLabel: { show: false },
    axisTick: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink.line } },
    splitLine: { show: false },
  };
  const drawing = await chartSvg(
    `tsne-${fold}-${index}`,
    `${name}, t-SNE by class`,
    { width: 460, height: 420 },
    {
      legend: { ...legendStyle, itemGap: 16, itemWidth: 11, itemHeight: 11 },
      grid: { left: 4, right: 4, top: labels.length > 5 ? 56 : 34, bottom: 4 },
      xAxis: axis,
      yAxis: axis,
      series: labels.map((label) => ({
        name: label,
        type: 'scatter',
        symbol: styles.get(label)?.symbol ?? 'circle',
        symbolSize: 6,
        itemStyle: { color: styles.get(label)?.color ?? ink.text, opacity: 0.75 },
        data: panel.points.filter((point) => point.label === label).map(({ x, y }) => [x, y]),
      })),
    },
  );
  return figure(`${name}: ${shown} utterances${score}`, drawing);
}
