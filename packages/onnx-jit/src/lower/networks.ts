import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import type { Graph, Value } from '../graph/graph';
import { BARRIER } from '../ops/recompute';
import { CONV1D, CONV1D_TRANSPOSE } from '../ops/conv1d';
import { GELU } from '../ops/gelu';
import { INSTANCE_NORM } from '../ops/instance-norm';
import { LAYER_NORM } from '../ops/layer-norm';
import { add, binary, cast, compare, div, firstOf, mul, reshape, slice, sub, transpose, unary, where } from './basic';
import {
  broadcast,
  input,
  numberAttr,
  numbersAttr,
  optionalInput,
  stringAttr,
  type Call,
  type Lowering,
  type Lowerings,
} from './call';
import { convolve, convolveTransposed } from './convolution';
import { activate } from './elementwise';

const toChannelFirst = (g: Graph, x: Value): Value => transpose(g, x, [0, 3, 1, 2]);
const toChannelLast = (g: Graph, x: Value): Value => transpose(g, x, [0, 2, 3, 1]);

interface Window2d {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly inSize: readonly [number, number];
  readonly outSize: readonly [number, number];
}

function pairAttr(call: Call, name: string): [number, number] {
  const value = call.attrs[name];
  if (value === undefined || value === null) return [1, 1];
  if (typeof value === 'number') return [value, value];
  const [a = 1, b = a] = numbersAttr(call, name);
  return [a, b];
}

/** Padding, strides and sizes of a convolution or pooling as tfjs resolves them; channel-last only. */
function window2d(call: Call, inShape: readonly number[], filterShape: readonly number[], depthwise = false): Window2d {
  const format = stringAttr(call, 'dataFormat', 'NHWC');
  if (format !== 'NHWC') throw new CompileError(`${call.kernel}: data format ${format} cannot be compiled, NHWC can`);
  const [n = 0, h = 0, w = 0, c = 0] = inShape;
  const [kh = 0, kw = 0, cin = 0, cout = 0] = filterShape;
  const given = call.attrs['pad'];
  const pad = given === 'same' || given === 'valid' || typeof given === 'number' ? given : explicitPad(call);
  const info = tf.backend_util.computeConv2DInfo(
    [n, h, w, c],
    [kh, kw, cin, cout],
    pairAttr(call, 'strides'),
    pairAttr(call, 'dilations'),
    pad,
    undefined,
    depthwise,
  );
  return {
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [info.padInfo.top, info.padInfo.left, info.padInfo.bottom, info.padInfo.right],
    kernel: [kh, kw],
    inSize: [h, w],
    outSize: [info.outHeight, info.outWidth],
  };
}

function explicitPad(call: Call): [[number, number], [number, number], [number, number], [number, number]] {
  const value = call.attrs['pad'];
  if (!Array.isArray(value))
    throw new CompileError(`${call.kernel}: padding ${JSON.stringify(value)} is not understood`);
  const at = (i: number): [number, number] => {
    const pair: unknown = value[i];
    return Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [0, 0];
  };
  return [at(0), at(1), at(2), at(3)];
}

const convAttributes = (w: Window2d, group: number) => ({
  strides: w.strides,
  dilations: w.dilations,
  pads: w.pads,
  kernel_shape: w.kernel,
  group,
});

/** [h, w, in, out] → [out, in, h, w]; depthwise [h, w, in, multiplier] → [in · multiplier, 1, h, w]. */
function onnxFilter(g: Graph, filter: Value, depthwise: boolean): Value {
  const [h = 0, w = 0, cin = 0, cout = 0] = filter.shape;
  return depthwise
    ? reshape(g, transpose(g, filter, [2, 3, 0, 1]), [cin * cout, 1, h, w])
    : transpose(g, filter, [3, 2, 0, 1]);
}

function conv2d(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const x = input(call, 'x');
  const filter = input(call, 'filter');
  const w = window2d(call, x.shape, filter.shape, depthwise);
  const weights = onnxFilter(g, filter, depthwise);
  const group = depthwise ? (x.shape[3] ?? 1) : 1;
  return toChannelLast(g, convolve(call, toChannelFirst(g, x), weights, w.outSize, convAttributes(w, group)));
}

function conv2dInput(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const dy = input(call, 'dy');
  const filter = input(call, 'filter');
  const inShape = numbersAttr(call, 'inputShape');
  const w = window2d(call, inShape, filter.shape, depthwise);
  const group = depthwise ? (inShape[3] ?? 1) : 1;
  const weights = onnxFilter(g, filter, depthwise);
  return toChannelLast(g, convolveTransposed(call, toChannelFirst(g, dy), weights, w.inSize, convAttributes(w, group)));
}

/** The filter gradient is a convolution of the input with dy, batch and channels exchanged, strides as dilations. */
function conv2dFilter(call: Call, depthwise: boolean): Value {
  const g = call.graph;
  const x = input(call, 'x');
  const dy = input(call, 'dy');
  const filterShape = numbersAttr(call, 'filterShape');
  const [kh = 0, kw = 0, cin = 0, cout = 0] = filterShape;
  const [batch = 0, h = 0, width = 0] = x.shape;
  const w = window2d(call, x.shape, filterShape, depthwise);
  const signals = transpose(g, x, [3, 0, 1, 2]);
  const kernels = transpose(g, dy, [3, 0, 1, 2]);
  const data = depthwise ? reshape(g, signals, [1, cin * batch, h, width]) : signals;
  const group = depthwise ? cin : 1;
  const size = (i: 0 | 1): number => {
    const span = w.inSize[i] + w.pads[i] + w.pads[i === 0 ? 2 : 3] - (w.outSize[i] - 1) * w.strides[i] - 1;
    return Math.floor(span / w.dilations[i]) + 1;
  };
  const rows = data.shape[0] ?? 0;
  const columns = kernels.shape[0] ?? 0;
  const all = convolve(call, data, kernels, [size(0), size(1)], {
    strides: w.dilations,
    dilations: w.strides,
    pads: w.pads,
    kernel_shape: w.outSize,
    group,
  });
  const taps = slice(g, all, [0, 0, 0, 0], [rows, columns, kh, kw], [1, 1, 1, 1], [rows, columns, kh, kw]);
  return depthwise
    ? reshape(g, transpose(g, taps, [2, 3, 0, 1]), [kh, kw, cin, cout])
    : transpose(g, taps, [2, 3, 0, 1]);
}

const fused =
  (depthwise: boolean): Lowering =>
  (call) => {
    const y = conv2d(call, depthwise);
    const bias = optionalInput(call, 'bias');
    return activate(
      call,
      stringAttr(call, 'activation', 'linear'),
      bias ? add(call.graph, y, bias, broadcast(y, bias)) : y,
    );
  };

const poolWindow = (call: Call, shape: readonly number[]): Window2d => {
  const channels = shape[3] ?? 0;
  return window2d(call, shape, [...pairAttr(call, 'filterSize'), channels, channels]);
};

const pool =
  (op: string, extra: Record<string, number>): Lowering =>
  (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const w = poolWindow(call, x.shape);
    const shape = [x.shape[0] ?? 0, x.shape[3] ?? 0, ...w.outSize];
    const attributes = { strides: w.strides, pads: w.pads, kernel_shape: w.kernel, ...extra };
    return toChannelLast(g, g.one(op, [toChannelFirst(g, x)], { shape, dtype: x.dtype }, attributes));
  };

/** Each output's gradient is shared evenly by the inputs of its window that are not padding. */
function averagePoolGradient(call: Call): Value {
  const g = call.graph;
  const dy = input(call, 'dy');
  const x = input(call, 'input');
  const channels = x.shape[3] ?? 0;
  const w = poolWindow(call, x.shape);
  const inside = (i: 0 | 1, o: number): number => {
    const start = o * w.strides[i] - w.pads[i];
    return Math.min(start + w.kernel[i], w.inSize[i]) - Math.max(start, 0);
  };
  const counts = new Float32Array(w.outSize[0] * w.outSize[1]).map(
    (_, k) => inside(0, Math.floor(k / w.outSize[1])) * inside(1, k % w.outSize[1]),
  );
  const first = toChannelFirst(g, dy);
  const shared = div(g, first, g.constant(counts, w.outSize, 'float32'), first.shape);
  const ones = g.fill(1, [channels, 1, ...w.kernel], 'float32');
  return toChannelLast(g, convolveTransposed(call, shared, ones, w.inSize, convAttributes(w, channels)));
}

/**
 * The first of the largest inputs of a window takes the gradient of its output. Tap by tap: where the input is the
 * window's largest and no tap before was; a transposed convolution with one-hot filters puts the taps back in place.
 */
function maxPoolGradient(call: Call): Value {
  const g = call.graph;
  const x = toChannelFirst(g, input(call, 'input'));
  const largest = toChannelFirst(g, input(call, 'output'));
  const dy = toChannelFirst(g, input(call, 'dy'));
  const [batch = 0, channels = 0, ...size] = x.shape;
  const w = poolWindow(call, input(call, 'input').shape);
  const [top, left, bottom, right] = w.pads;
  const padded =
    Math.max(...w.pads) === 0
      ? x
      : g.one(
          'Pad',
          [x, g.int64([0, 0, top, left, 0, 0, bottom, right]), g.scalar(-3.4028234663852886e38)],
          { shape: [batch, channels, (size[0] ?? 0) + top + bottom, (size[1] ?? 0) + left + right], dtype: 'float32' },
          { mode: 'constant' },
        );
  const taps = w.kernel[0] * w.kernel[1];
  const parts: Value[] = [];
  let free: Value | null = null;
  for (let tap = 0; tap < taps; tap++) {
    const [row, column] = [Math.floor(tap / w.kernel[1]), tap % w.kernel[1]];
    const ends = [row + (w.outSize[0] - 1) * w.strides[0] + 1, column + (w.outSize[1] - 1) * w.strides[1] + 1];
    const seen = slice(g, padded, [0, 0, row, column], [batch, channels, ...ends], [1, 1, ...w.strides], largest.shape);
    const equal: Value = compare(g, 'Equal', seen, largest);
    const hit: Value = free ? binary(g, 'And', equal, free, equal.shape, 'bool') : equal;
    const others = unary(g, 'Not', hit);
    free = free ? binary(g, 'And', free, others, equal.shape, 'bool') : others;
    parts.push(reshape(g, where(g, hit, dy, g.scalar(0), dy.shape), [batch * channels, 1, ...w.outSize]));
  }
  const [first] = parts;
  const shape = [batch * channels, taps, ...w.outSize];
  const stacked =
    parts.length === 1 && first ? first : g.one('Concat', parts, { shape, dtype: 'float32' }, { axis: 1 });
  const oneHot = Float32Array.from({ length: taps * taps }, (_, i) => Number(Math.floor(i / taps) === i % taps));
  const filters = g.constant(oneHot, [taps, 1, ...w.kernel], 'float32');
  const dx = convolveTransposed(call, stacked, filters, w.inSize, convAttributes(w, 1));
  return toChannelLast(g, reshape(g, dx, x.shape));
}

export const networks: Lowerings = {
  AvgPool: pool('AveragePool', { count_include_pad: 0 }),
  AvgPoolGrad: averagePoolGradient,
  Conv2D: (call) => conv2d(call, false),
  Conv2DBackpropFilter: (call) => conv2dFilter(call, false),
  Conv2DBackpropInput: (call) => conv2dInput(call, false),
  DepthwiseConv2dNative: (call) => conv2d(call, true),
  DepthwiseConv2dNativeBackpropFilter: (call) => conv2dFilter(call, true),
  DepthwiseConv2dNativeBackpropInput: (call) => conv2dInput(call, true),
  FusedConv2D: fused(false),
  FusedDepthwiseConv2D: fused(true),
  MaxPool: pool('MaxPool', {}),
  MaxPoolGrad: maxPoolGradient,
  FusedBatchNorm: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const variance = input(call, 'variance');
    const deviation = unary(g, 'Sqrt', add(g, variance, g.scalar(numberAttr(call, 'varianceEpsilon')), variance.shape));
    const scale = optionalInput(call, 'scale');
    const factor = scale ? div(g, scale, deviation, broadcast(scale, deviation)) : unary(g, 'Reciprocal', deviation);
    const mean = input(call, 'mean');
    const centred = sub(g, x, mean, broadcast(x, mean));
    const scaled = mul(g, centred, factor, broadcast(centred, factor));
    const offset = optionalInput(call, 'offset');
    return offset ? add(g, scaled, offset, broadcast(scaled, offset)) : scaled;
  },

  [BARRIER]: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    // x + 0·(one element of `first`): the same number, but not before `first`.
    const element = firstOf(g, input(call, 'first'));
    return g.one('Add', [x, cast(g, g.one('Mul', [element, g.scalar(0)], element), x.dtype)], x);
  },
  [CONV1D]: (call) => {
    const x = input(call, 'x');
    const filter = input(call, 'filter');
    const [stride, dilation] = [numberAttr(call, 'stride'), numberAttr(call, 'dilation')];
    const [before, after] = [numberAttr(call, 'before'), numberAttr(call, 'after')];
    const kernel = filter.shape[2] ?? 1;
    const length = Math.floor(((x.shape[2] ?? 0) + before + after - (kernel - 1) * dilation - 1) / stride) + 1;
    return convolve(call, x, filter, [length], {
      strides: [stride],
      dilations: [dilation],
      pads: [before, after],
      kernel_shape: [kernel],
      group: numberAttr(call, 'groups'),
    });
  },
  [CONV1D_TRANSPOSE]: (call) => {
    const x = input(call, 'x');
    const filter = input(call, 'filter');
    const [stride, groups, time] = [numberAttr(call, 'stride'), numberAttr(call, 'groups'), numberAttr(call, 'time')];
    const [before, after] = [numberAttr(call, 'before'), numberAttr(call, 'after')];
    const kernel = filter.shape[2] ?? 1;
    return convolveTransposed(call, x, filter, [time], {
      strides: [stride],
      pads: [before, after],
      kernel_shape: [kernel],
      group: groups,
    });
  },
  [GELU]: (call) => call.graph.one('Gelu', [input(call, 'x')], input(call, 'x'), {}, 'com.microsoft'),
  [INSTANCE_NORM]: (call) => {
    const x = input(call, 'x');
    const epsilon = { float: numberAttr(call, 'epsilon') };
    return call.graph.one('InstanceNormalization', [x, input(call, 'gamma'), input(call, 'beta')], x, { epsilon });
  },
  [LAYER_NORM]: (call) => {
    const x = input(call, 'x');
    const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: 'float32' } as const;
    const attributes = { axis: -1, epsilon: { float: numberAttr(call, 'epsilon') } };
    return call.graph.emit(
      'LayerNormalization',
      [x, input(call, 'gamma'), input(call, 'beta')],
      [x, statistics, statistics],
      attributes,
    );
  },
};
