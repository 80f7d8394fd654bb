import { sameShape, sizeOf, type Graph, type Value } from '../graph/graph';
import {
  add,
  binary,
  cast,
  compare,
  div,
  mul,
  nodeOf,
  reduce,
  reshape,
  slice,
  sub,
  transpose,
  unary,
  where,
} from './basic';
import { booleanAttr, input, numberAttr, optionalInput, type Call, type Lowering, type Lowerings } from './call';
import { convolve, convolveTransposed } from './convolution';
import {
  convolutionWindow,
  fromChannelFirst,
  kept,
  poolWindow,
  positions,
  toChannelFirst,
  type Window,
} from './window';

/** Poolings of two and three axes and what is made like them, in tfjs's order of axes. */

const last = { channelFirst: false };

/** Channel-first data with the window's padding made explicit. */
function padded(g: Graph, x: Value, w: Window, number: number): Value {
  const ends = w.ends.map((end) => Math.max(0, end));
  if ([...w.starts, ...ends].every((n) => n === 0)) return x;
  const shape = x.shape.map((d, i) => (i < 2 ? d : d + (w.starts[i - 2] ?? 0) + (ends[i - 2] ?? 0)));
  const pads = g.int64([0, 0, ...w.starts, 0, 0, ...ends]);
  return g.one('Pad', [x, pads, g.scalar(number)], { shape, dtype: 'float32' }, { mode: 'constant' });
}

const unpadded = (w: Window): Window => ({ ...w, starts: w.starts.map(() => 0), ends: w.ends.map(() => 0) });

/** ONNX takes no padding as wide as the window. */
const isWide = (w: Window): boolean =>
  [...w.starts, ...w.ends].some((n, i) => n >= (w.kernel[i % w.kernel.length] ?? 1));

function runPool(call: Call, op: string, x: Value, w: Window, extra: Record<string, number>): Value[] {
  const shape = [...x.shape.slice(0, 2), ...positions({ ...w, inSize: x.shape.slice(2) })];
  const attributes = { strides: w.strides, pads: [...w.starts, ...w.ends], kernel_shape: w.kernel, ...extra };
  const outputs = [{ shape, dtype: 'float32' } as const, { shape, dtype: 'int64' } as const];
  const wanted = extra['storage_order'] === undefined ? outputs.slice(0, 1) : outputs;
  return call.graph.emit(op, [x], wanted, attributes);
}

/** The largest number of each window of channel-first data. */
function largest(call: Call, x: Value, w: Window): Value {
  const g = call.graph;
  const wide = isWide(w);
  const [y] = runPool(call, 'MaxPool', wide ? padded(g, x, w, -Infinity) : x, wide ? unpadded(w) : w, {});
  if (!y) throw new Error('MaxPool has no output');
  const found = kept(g, y, w.outSize);
  if (call.provider !== 'cpu' || isAboveZero(x)) return found;
  // ONNX Runtime's CPU kernel begins with the lowest finite number.
  const none = compare(g, 'LessOrEqual', found, g.scalar(-3.4028234663852886e38));
  return where(g, none, g.scalar(-Infinity), found, found.shape);
}

/** The result of an activation without numbers below zero: the usual thing to pool. */
function isAboveZero(x: Value): boolean {
  const before = nodeOf(x, 'Transpose')?.inputs[0] ?? x;
  return ['Relu', 'Sigmoid', 'Softmax', 'Clip'].some((op) => nodeOf(before, op) !== null);
}

/** How many inputs that are no padding each window has. */
function counted(w: Window): Float32Array {
  const inside = w.outSize.map((count, i) =>
    Array.from({ length: count }, (_, o) => {
      const start = o * (w.strides[i] ?? 1) - (w.starts[i] ?? 0);
      return Math.max(0, Math.min(start + (w.kernel[i] ?? 1), w.inSize[i] ?? 0) - Math.max(start, 0));
    }),
  );
  return Float32Array.from(inside.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]));
}

const onesFilter = (g: Graph, channels: number, w: Window): Value => g.fill(1, [channels, 1, ...w.kernel], 'float32');

const attributesOf = (w: Window, group: number) => ({
  strides: w.strides,
  dilations: w.dilations,
  pads: [...w.starts, ...w.ends],
  kernel_shape: w.kernel,
  group,
});

function average(call: Call, x: Value, w: Window): Value {
  const g = call.graph;
  if (!isWide(w)) {
    const [y] = runPool(call, 'AveragePool', x, w, { count_include_pad: 0 });
    if (!y) throw new Error('AveragePool has no output');
    return kept(g, y, w.outSize);
  }
  const channels = x.shape[1] ?? 0;
  const sums = kept(
    g,
    convolve(call, x, onesFilter(g, channels, w), positions(w), attributesOf(w, channels)),
    w.outSize,
  );
  // A window of nothing but padding has no average; tfjs says 0 where it has three axes.
  const counts = counted(w).map((n) => (w.kernel.length === 2 ? n : Math.max(1, n)));
  return div(g, sums, g.constant(counts, w.outSize, 'float32'), sums.shape);
}

const pool =
  (run: (call: Call, x: Value, w: Window) => Value): Lowering =>
  (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const w = poolWindow(call, x.shape);
    // tfjs takes a window of one number for the number itself, whatever its strides and padding, where the size stays.
    if (w.kernel.length === 2 && w.kernel.every((n) => n === 1) && sameShape(w.inSize, w.outSize)) return x;
    const y = run(call, toChannelFirst(g, cast(g, x, 'float32'), last), w);
    return cast(g, fromChannelFirst(g, y, last), x.dtype);
  };

/** The largest numbers and where they stand in x: (row · width + column) · channels + channel, behind those of the batch. */
function maxPoolWithArgmax(call: Call): Value[] {
  const g = call.graph;
  const x = input(call, 'x');
  const w = poolWindow(call, x.shape);
  const [batch = 0, , , channels = 0] = x.shape;
  const area = sizeOf(w.inSize);
  const given = toChannelFirst(g, cast(g, x, 'float32'), last);
  const isNumber = compare(g, 'Equal', given, given);
  const first = call.provider === 'cpu' ? where(g, isNumber, given, g.scalar(-Infinity), given.shape) : given;
  const [y, index] = runPool(call, 'MaxPool', first, w, { storage_order: 0 });
  if (!y || !index) throw new Error('MaxPool has no output');
  // ONNX counts through batch, channel, row and column.
  const within = binary(g, 'Mod', cast(g, index, 'int32'), g.scalar(area, 'int32'), index.shape, 'int32');
  const channel = g.constant(
    Int32Array.from({ length: channels }, (_, c) => c),
    [channels, 1, 1],
    'int32',
  );
  const place = add(g, mul(g, within, g.scalar(channels, 'int32')), channel);
  const starts = Int32Array.from({ length: batch }, (_, b) => b * area * channels);
  const whole = booleanAttr(call, 'includeBatchInIndex')
    ? add(g, place, g.constant(starts, [batch, 1, 1, 1], 'int32'))
    : place;
  return [cast(g, fromChannelFirst(g, y, last), x.dtype), fromChannelFirst(g, whole, last)];
}

/** Each output's gradient is shared evenly by the inputs of its window that are not padding. */
function averagePoolGradient(call: Call): Value {
  const g = call.graph;
  const x = input(call, 'input');
  const channels = x.shape.at(-1) ?? 0;
  const w = poolWindow(call, x.shape);
  const dy = kept(g, toChannelFirst(g, input(call, 'dy'), last), w.outSize);
  const counts = counted(w).map((n) => Math.max(1, n));
  const shared = div(g, dy, g.constant(counts, w.outSize, 'float32'), dy.shape);
  const dx = convolveTransposed(call, shared, onesFilter(g, channels, w), w.inSize, attributesOf(w, channels));
  return fromChannelFirst(g, dx, last);
}

/** What one tap of every window sees of padded channel-first data. */
function seenBy(g: Graph, x: Value, w: Window, tap: readonly number[]): Value {
  const starts = [0, 0, ...tap.map((t, i) => t * (w.dilations[i] ?? 1))];
  const shape = [...x.shape.slice(0, 2), ...w.outSize];
  const steps = [1, 1, ...w.strides];
  const ends = shape.map((d, i) => (i < 2 ? d : (starts[i] ?? 0) + (d - 1) * (steps[i] ?? 1) + 1));
  return slice(g, x, starts, ends, steps, shape);
}

/** The places of a window in their order, the last axis fastest. */
const tapsOf = ({ kernel }: Window): number[][] =>
  kernel.reduce<number[][]>(
    (all, size) => all.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );

/** For each tap, whether it is the first whose number is the window's largest. */
function firstHits(g: Graph, seen: readonly Value[], best: Value): Value[] {
  let free: Value | null = null;
  return seen.map((value) => {
    const equal: Value = compare(g, 'Equal', value, best);
    const hit: Value = free ? binary(g, 'And', equal, free, equal.shape, 'bool') : equal;
    const others = unary(g, 'Not', hit);
    free = free ? binary(g, 'And', free, others, equal.shape, 'bool') : others;
    return hit;
  });
}

/** Puts what belongs to the taps back in place: a transposed convolution with one-hot filters. */
function spread(call: Call, parts: readonly Value[], w: Window, [batch = 0, channels = 0]: readonly number[]): Value {
  const g = call.graph;
  const taps = parts.length;
  const flat = parts.map((part) => reshape(g, part, [batch * channels, 1, ...w.outSize]));
  const [first] = flat;
  const shape = [batch * channels, taps, ...w.outSize];
  const stacked = taps === 1 && first ? first : g.one('Concat', flat, { shape, dtype: 'float32' }, { axis: 1 });
  const oneHot = Float32Array.from({ length: taps * taps }, (_, i) => Number(Math.floor(i / taps) === i % taps));
  const filters = g.constant(oneHot, [taps, 1, ...w.kernel], 'float32');
  const dx = convolveTransposed(call, stacked, filters, w.inSize, attributesOf(w, 1));
  return reshape(g, dx, [batch, channels, ...w.inSize]);
}

/** One of the largest inputs of a window takes the gradient of its output: of two axes the first, of three the last. */
function maxPoolGradient(call: Call): Value {
  const g = call.graph;
  const x = toChannelFirst(g, input(call, 'input'), last);
  const w = poolWindow(call, input(call, 'input').shape);
  // tfjs does not say here how sizes were rounded: the gradient is that of the windows that rounding down leaves.
  const dy = kept(g, toChannelFirst(g, input(call, 'dy'), last), w.outSize);
  const given = optionalInput(call, 'output');
  const best = given ? kept(g, toChannelFirst(g, given, last), w.outSize) : largest(call, x, w);
  const wide = padded(g, x, w, -Infinity);
  const seen = tapsOf(w).map((tap) => seenBy(g, wide, w, tap));
  const hits = w.kernel.length === 2 ? firstHits(g, seen, best) : firstHits(g, seen.reverse(), best).reverse();
  const parts = hits.map((hit) => where(g, hit, dy, g.scalar(0), dy.shape));
  return fromChannelFirst(g, spread(call, parts, w, x.shape), last);
}

/** Greyscale dilation: the largest of input plus filter in each window. */
function dilation(call: Call) {
  const g = call.graph;
  const given = input(call, 'x');
  const filter = input(call, 'filter');
  const channels = given.shape.at(-1) ?? 0;
  const w = convolutionWindow(call, given.shape, [...filter.shape, channels]);
  const x = toChannelFirst(g, cast(g, given, 'float32'), last);
  const wide = padded(g, x, w, -Infinity);
  const weights = transpose(g, cast(g, filter, 'float32'), [2, 0, 1]);
  const taps = tapsOf(w);
  const sums = taps.map(([row = 0, column = 0]) => {
    const weight = slice(g, weights, [0, row, column], [channels, row + 1, column + 1], [1, 1, 1], [channels, 1, 1]);
    return add(g, seenBy(g, wide, w, [row, column]), weight);
  });
  const [first, ...rest] = sums;
  if (!first) throw new Error('a dilation without a filter');
  const best = rest.reduce<Value>((so, value) => binary(g, 'Max', so, value, value.shape, 'float32'), first);
  return { x, w, given, filter, sums, best };
}

/** dL/dx or dL/dfilter: the first of the largest sums takes the gradient. */
function dilationShares(call: Call) {
  const g = call.graph;
  const dy = toChannelFirst(g, cast(g, input(call, 'dy'), 'float32'), last);
  const made = dilation(call);
  return { ...made, shares: firstHits(g, made.sums, made.best).map((hit) => where(g, hit, dy, g.scalar(0), dy.shape)) };
}

/** Sums over each channel and its neighbours, as a product with a band of ones. */
function neighbours(g: Graph, x: Value, radius: number): Value {
  const channels = x.shape.at(-1) ?? 0;
  const band = Float32Array.from({ length: channels * channels }, (_, i) =>
    Number(Math.abs(Math.floor(i / channels) - (i % channels)) <= radius),
  );
  return g.one('MatMul', [x, g.constant(band, [channels, channels], 'float32')], x);
}

function channelNorm(call: Call, x: Value): Value {
  const g = call.graph;
  const sums = neighbours(g, mul(g, x, x), numberAttr(call, 'depthRadius'));
  return add(g, mul(g, sums, g.scalar(numberAttr(call, 'alpha'))), g.scalar(numberAttr(call, 'bias')));
}

const power = (g: Graph, x: Value, exponent: number): Value =>
  binary(g, 'Pow', x, g.scalar(exponent), x.shape, 'float32');

export const pools: Lowerings = {
  AvgPool: pool(average),
  AvgPoolGrad: averagePoolGradient,
  AvgPool3D: pool(average),
  AvgPool3DGrad: averagePoolGradient,
  MaxPool: pool(largest),
  MaxPoolGrad: maxPoolGradient,
  MaxPool3D: pool(largest),
  MaxPool3DGrad: maxPoolGradient,
  MaxPoolWithArgmax: maxPoolWithArgmax,
  Dilation2D: (call) => {
    const { best, given } = dilation(call);
    return cast(call.graph, fromChannelFirst(call.graph, best, last), given.dtype);
  },
  Dilation2DBackpropInput: (call) => {
    const { shares, w, x, given } = dilationShares(call);
    return cast(call.graph, fromChannelFirst(call.graph, spread(call, shares, w, x.shape), last), given.dtype);
  },
  Dilation2DBackpropFilter: (call) => {
    const g = call.graph;
    const { shares, filter } = dilationShares(call);
    const channels = filter.shape[2] ?? 0;
    const rows = shares.map((share) => reshape(g, reduce(g, 'ReduceSum', share, [0, 2, 3], false), [1, channels]));
    const [first] = rows;
    const shape = [rows.length, channels];
    const all = rows.length === 1 && first ? first : g.one('Concat', rows, { shape, dtype: 'float32' }, { axis: 0 });
    return cast(g, reshape(g, all, filter.shape), filter.dtype);
  },
  /** x / (bias + α · Σ x²)^β, the sum over neighbouring channels. */
  LRN: (call) => {
    const x = input(call, 'x');
    return mul(call.graph, x, power(call.graph, channelNorm(call, x), -numberAttr(call, 'beta')));
  },
  LRNGrad: (call) => {
    const g = call.graph;
    const [x, y, dy] = [input(call, 'x'), input(call, 'y'), input(call, 'dy')];
    const [alpha, beta] = [numberAttr(call, 'alpha'), numberAttr(call, 'beta')];
    const norm = channelNorm(call, x);
    const through = neighbours(g, div(g, mul(g, dy, y), norm), numberAttr(call, 'depthRadius'));
    const direct = mul(g, dy, power(g, norm, -beta));
    return sub(g, direct, mul(g, mul(g, x, through), g.scalar(2 * alpha * beta)));
  },
};
