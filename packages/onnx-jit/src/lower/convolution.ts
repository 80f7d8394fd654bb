import type { Graph, Value } from '../graph/graph';
import { mul } from './basic';
import type { Call } from './call';
import { fitsProduct, groupedProduct } from './grouped-product';

export interface ConvolutionAttributes {
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
  /** All starts, then all ends. */
  readonly pads: readonly number[];
  readonly kernel_shape: readonly number[];
  readonly group: number;
}

/**
 * Channel-first convolution over one to three axes.
 *
 * ONNX Runtime's WebGPU kernel (1.30) takes a filter as large as its input for a plain matrix product and then
 * forgets padding that stands at the ends alone: there, the filter gets one more tap, of zeros. (A Pad node
 * before either input would be fused away, wrongly.)
 */
export function convolve(
  { graph: g, provider }: Call,
  x: Value,
  filter: Value,
  outSize: readonly number[],
  attributes: ConvolutionAttributes,
): Value {
  const axes = outSize.length;
  const shape = [x.shape[0] ?? 0, filter.shape[0] ?? 0, ...outSize];
  const starts = attributes.pads.slice(0, axes);
  const ends = attributes.pads.slice(axes);
  const grouped =
    attributes.group > 1 && axes === 1 && attributes.strides[0] === 1 && (attributes.dilations?.[0] ?? 1) === 1;
  if (provider === 'webgpu' && grouped) {
    const [before = 0, after = 0] = attributes.pads;
    const [frames = 0] = outSize;
    const convolution = { x, filter, groups: attributes.group, pads: [before, after], frames } as const;
    if (fitsProduct(g, convolution)) return groupedProduct(g, convolution);
  }
  const covers = attributes.kernel_shape.every((size, i) => size === x.shape[i + 2]);
  if (provider !== 'webgpu' || !covers || starts.some((n) => n > 0) || ends.every((n) => n === 0)) {
    return g.one('Conv', [x, filter], { shape, dtype: 'float32' }, { ...attributes });
  }
  const longer = filter.shape.map((d, i) => (i === 2 ? d + 1 : d));
  const tap = g.fill(
    0,
    filter.shape.map((d, i) => (i === 2 ? 1 : d)),
    'float32',
  );
  const padded = g.one('Concat', [filter, tap], { shape: longer, dtype: 'float32' }, { axis: 2 });
  const pads = attributes.pads.map((n, i) => (i === axes ? n + (attributes.dilations?.[0] ?? 1) : n));
  const kernel_shape = longer.slice(2);
  return g.one('Conv', [x, padded], { shape, dtype: 'float32' }, { ...attributes, pads, kernel_shape });
}

/**
 * Transposed channel-first convolution to a given size.
 *
 * ONNX Runtime's WebGPU kernel (1.30) is wrong for groups of several inputs and one output: there, the filter is
 * spread over a block diagonal and the groups are one.
 */
export function convolveTransposed(
  { graph: g, provider }: Call,
  x: Value,
  filter: Value,
  outSize: readonly number[],
  attributes: ConvolutionAttributes,
): Value {
  const [rows = 0, perGroup = 0, ...kernel] = filter.shape;
  const { group } = attributes;
  const { missing, ...fitted } = fit(x.shape.slice(2), outSize, attributes);
  const size = outSize.map((length, i) => length - (missing[i] ?? 0));
  const output = { shape: [x.shape[0] ?? 0, perGroup * group, ...size], dtype: 'float32' } as const;
  const each = rows / group;
  const run = (weights: Value, groups: number): Value =>
    zeroEnds(g, g.one('ConvTranspose', [x, weights], output, { ...attributes, ...fitted, group: groups }), missing);
  if (provider !== 'webgpu' || group === 1 || perGroup > 1 || each === 1) return run(filter, group);
  const diagonal = Float32Array.from({ length: rows * group }, (_, i) =>
    Number(Math.floor(i / group / each) === i % group),
  );
  const mask = g.constant(diagonal, [rows, group, ...kernel.map(() => 1)], 'float32');
  return run(mul(g, filter, mask, [rows, group, ...kernel]), 1);
}

/** Padding that makes a transposed convolution end at the given size, as far as ONNX lets it: the rest is missing. */
function fit(inSize: readonly number[], outSize: readonly number[], attributes: ConvolutionAttributes) {
  const { strides, dilations, pads, kernel_shape } = attributes;
  const axes = outSize.length;
  const each = outSize.map((size, i) => {
    const [stride, dilation, start, end] = [strides[i] ?? 1, dilations?.[i] ?? 1, pads[i] ?? 0, pads[i + axes] ?? 0];
    const reach = ((kernel_shape[i] ?? 1) - 1) * dilation + 1;
    const extra = size + start - ((inSize[i] ?? 0) - 1) * stride - reach;
    if (extra + end >= 0 && extra + end < Math.max(stride, dilation)) return { end, more: extra + end, missing: 0 };
    const more = Math.min(Math.max(extra, 0), stride - 1);
    return { end: Math.max(-extra, 0), more, missing: Math.max(extra, 0) - more };
  });
  return {
    pads: [...pads.slice(0, axes), ...each.map((e) => e.end)],
    output_padding: each.map((e) => e.more),
    missing: each.map((e) => e.missing),
  };
}

/** Inputs that no window reached: their gradient is 0. */
function zeroEnds(g: Graph, x: Value, missing: readonly number[]): Value {
  if (missing.every((n) => n === 0)) return x;
  const shape = x.shape.map((d, i) => d + (missing[i - 2] ?? 0));
  const pads = g.int64([...x.shape.map(() => 0), 0, 0, ...missing]);
  return g.one('Pad', [x, pads, g.scalar(0)], { shape, dtype: 'float32' }, { mode: 'constant' });
}
