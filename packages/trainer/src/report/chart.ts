import type { EChartsOption } from 'echarts';
import { Markup, html } from './html';

/**
 * Colours that a chart may use. ECharts gets the hex value; in the page it becomes a CSS variable, so that one drawing
 * serves the light and the dark theme. The values only have to be unique.
 */
export const ink = {
  text: '#00ca01',
  muted: '#00ca02',
  line: '#00ca03',
  surface: '#00ca04',
  accent: '#00ca05',
} as const;

const seriesInk = ['#00cb01', '#00cb02', '#00cb03', '#00cb04', '#00cb05', '#00cb06', '#00cb07', '#00cb08'] as const;

/** Colour of the n-th series or class. */
export function seriesColor(index: number): string {
  return seriesInk[index % seriesInk.length] ?? seriesInk[0];
}

const symbols = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'path://M4 0h4v4h4v4h-4v4h-4v-4h-4v-4h4z', // plus
  'path://M0 0h12l-6 11z', // triangle on its tip
  'path://M2 0l4 4l4 -4l2 2l-4 4l4 4l-2 2l-4 -4l-4 4l-2 -2l4 -4l-4 -4z', // cross
  'path://M3 0h6l3 6l-3 6h-6l-3 -6z', // hexagon
] as const;

/** Shape of the n-th series or class: colour is never the only difference. */
export function seriesSymbol(index: number): string {
  return symbols[index % symbols.length] ?? symbols[0];
}

const variables = new Map<string, string>([
  ...Object.entries(ink).map(([name, color]): [string, string] => [color, `var(--${name})`]),
  ...seriesInk.map((color, index): [string, string] => [color, `var(--series-${index + 1})`]),
]);

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Legend above the drawing. */
export const legendStyle = {
  top: 0,
  left: 0,
  itemGap: 18,
  itemWidth: 18,
  textStyle: { color: ink.text, fontSize: 12 },
};

/** Text, axes and grid that all charts share. */
export const axisStyle = {
  axisLine: { lineStyle: { color: ink.line } },
  axisTick: { lineStyle: { color: ink.line } },
  axisLabel: { color: ink.muted, fontSize: 12 },
  nameTextStyle: { color: ink.muted, fontSize: 12 },
  splitLine: { lineStyle: { color: ink.line } },
};

/**
 * Draws a chart on the server as SVG that scales with the page and needs no script.
 *
 * @param id unique in the page; keeps the drawings' own ids apart and the same from run to run
 */
export async function chartSvg(id: string, label: string, size: ChartSize, option: EChartsOption): Promise<Markup> {
  // Loaded when first needed: the library takes longer to load than most commands take to run.
  const { init } = await import('echarts');
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit', color: ink.text }, ...option });
    const svg = chart
      .renderToSVGString()
      .replace(/zr\d+-/g, `${id}-`)
      .replace(/#00c[ab]0\d/g, (color) => variables.get(color) ?? color)
      // Hover styles and data attributes serve a script on the page; there is none.
      .replace(/<style ?>[\s\S]*?<\/style>/g, '')
      .replace(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
      .replace(/<svg width="\d+" height="\d+"/, '<svg');
    const title = html`<title>${label}</title>`.text;
    return new Markup(
      svg.replace(/<svg ([^>]*)>/, (_, attributes: string) => `<svg role="img" ${attributes}>${title}`),
    );
  } finally {
    chart.dispose();
  }
}
