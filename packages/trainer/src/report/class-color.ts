import { seriesColor, seriesSymbol } from './chart';

/** The paper's Figure 2: angry blue, happy orange, sad green, neutral red. Other classes follow. */
const figure2 = ['angry', 'happy', 'sad', 'neutral'];

/** Colour and shape of each class, the same in every drawing. */
export function classStyle(
  labels: readonly string[],
): Map<string, { readonly color: string; readonly symbol: string }> {
  const named = figure2.filter((label) => labels.includes(label));
  const order =
    named.length === figure2.length ? [...figure2, ...labels.filter((label) => !named.includes(label))] : labels;
  return new Map(order.map((label, index) => [label, { color: seriesColor(index), symbol: seriesSymbol(index) }]));
}
