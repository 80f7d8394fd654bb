import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import type { Graph, Value } from '../graph/graph';
import { slice, transpose } from './basic';
import { numbersAttr, stringAttr, type Call } from './call';

/** A sliding window over two or three axes, as tfjs resolves it. Every list has one number an axis. */
export interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly kernel: readonly number[];
  readonly inSize: readonly number[];
  readonly outSize: readonly number[];
  /** Whether the data has its channels before the axes of the window. */
  readonly channelFirst: boolean;
}

/** Number of positions of a window along an axis, where ONNX rounds down. */
export const positions = (w: Window): number[] =>
  w.inSize.map((size, i) => {
    const span = size + (w.starts[i] ?? 0) + (w.ends[i] ?? 0) - reach(w, i);
    return Math.floor(span / (w.strides[i] ?? 1)) + 1;
  });

/** How many inputs lie between the first and the last tap of a window, both among them. */
const reach = ({ kernel, dilations }: Window, axis: number): number =>
  ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;

type Rounding = 'floor' | 'round' | 'ceil' | undefined;

function roundingAttr(call: Call): Rounding {
  const value = call.attrs['dimRoundingMode'];
  return value === 'floor' || value === 'round' || value === 'ceil' ? value : undefined;
}

function listAttr(call: Call, name: string, length: number): number[] {
  const value = call.attrs[name];
  if (value === undefined || value === null) return Array.from({ length }, () => 1);
  if (typeof value === 'number') return Array.from({ length }, () => value);
  const given = numbersAttr(call, name);
  return Array.from({ length }, (_, i) => given[i] ?? given[0] ?? 1);
}

function padAttr(call: Call) {
  const value = call.attrs['pad'];
  if (value === 'same' || value === 'valid' || typeof value === 'number') return value;
  if (!Array.isArray(value))
    throw new CompileError(`${call.kernel}: padding ${JSON.stringify(value)} is not understood`);
  const at = (i: number): [number, number] => {
    const pair: unknown = value[i];
    return Array.isArray(pair) ? [Number(pair[0]), Number(pair[1])] : [0, 0];
  };
  return [at(0), at(1), at(2), at(3)] satisfies [unknown, unknown, unknown, unknown];
}

/**
 * The window of a convolution.
 *
 * @param inShape data of four axes (two of the window) or five (three)
 * @param filterShape [...window, in, out]
 */
export function convolutionWindow(
  call: Call,
  inShape: readonly number[],
  filterShape: readonly number[],
  depthwise = false,
): Window {
  const axes = inShape.length - 2;
  const format = stringAttr(call, 'dataFormat', axes === 2 ? 'NHWC' : 'NDHWC');
  const channelFirst = format === 'NCHW' || format === 'NCDHW';
  const order = channelFirst ? 'channelsFirst' : 'channelsLast';
  const [strides, dilations] = [listAttr(call, 'strides', axes), listAttr(call, 'dilations', axes)];
  const pad = padAttr(call);
  const [n = 0, a = 0, b = 0, c = 0, d = 0] = inShape;
  const [k = 0, l = 0, m = 0, i = 0, o = 0] = filterShape;
  const [s = 1, t = 1, u = 1] = strides;
  const [e = 1, f = 1, h = 1] = dilations;
  const rounding = roundingAttr(call);
  if (axes === 2) {
    const info = tf.backend_util.computeConv2DInfo(
      [n, a, b, c],
      [k, l, m, i],
      [s, t],
      [e, f],
      pad,
      rounding,
      depthwise,
      order,
    );
    const { padInfo } = info;
    return settled({
      strides,
      dilations,
      starts: [padInfo.top, padInfo.left],
      ends: [padInfo.bottom, padInfo.right],
      kernel: [k, l],
      inSize: [info.inHeight, info.inWidth],
      outSize: [info.outHeight, info.outWidth],
      channelFirst,
    });
  }
  if (Array.isArray(pad)) throw new CompileError(`${call.kernel}: explicit padding of three axes cannot be compiled`);
  const info = tf.backend_util.computeConv3DInfo(
    [n, a, b, c, d],
    [k, l, m, i, o],
    [s, t, u],
    [e, f, h],
    pad,
    depthwise,
    order,
    rounding,
  );
  const { padInfo } = info;
  return settled({
    strides,
    dilations,
    starts: [padInfo.front, padInfo.top, padInfo.left],
    ends: [padInfo.back, padInfo.bottom, padInfo.right],
    kernel: [k, l, m],
    inSize: [info.inDepth, info.inHeight, info.inWidth],
    outSize: [info.outDepth, info.outHeight, info.outWidth],
    channelFirst,
  });
}

/** The window of a pooling of channel-last data. */
export function poolWindow(call: Call, shape: readonly number[]): Window {
  const axes = shape.length - 2;
  const channels = shape.at(-1) ?? 0;
  const { attrs, ...rest } = call;
  // tfjs pools channel-last data alone, and says nothing where it is told otherwise.
  const { dataFormat: _, ...kept } = attrs;
  return convolutionWindow({ ...rest, attrs: kept }, shape, [
    ...listAttr(call, 'filterSize', axes),
    channels,
    channels,
  ]);
}

/** Rounding up or to the nearest lets a last window reach further than the padding: that is padding, too. */
function settled(w: Window): Window {
  const floor = positions(w);
  const ends = w.ends.map((end, i) => {
    const [size = 0, out = 0] = [w.inSize[i], w.outSize[i]];
    const needed = (out - 1) * (w.strides[i] ?? 1) + reach(w, i) - size - (w.starts[i] ?? 0);
    return out > (floor[i] ?? 0) ? needed : end;
  });
  return { ...w, ends };
}

/** Cuts what ONNX computed to the positions that tfjs keeps. */
export function kept(g: Graph, y: Value, outSize: readonly number[]): Value {
  const shape = [...y.shape.slice(0, 2), ...outSize];
  const zeros = shape.map(() => 0);
  const ones = shape.map(() => 1);
  return slice(g, y, zeros, shape, ones, shape);
}

export function toChannelFirst(g: Graph, x: Value, w: Pick<Window, 'channelFirst'>): Value {
  if (w.channelFirst) return x;
  const axes = x.shape.map((_, i) => i);
  return transpose(g, x, [0, axes.length - 1, ...axes.slice(1, -1)]);
}

export function fromChannelFirst(g: Graph, x: Value, w: Pick<Window, 'channelFirst'>): Value {
  if (w.channelFirst) return x;
  const axes = x.shape.map((_, i) => i);
  return transpose(g, x, [0, ...axes.slice(2), 1]);
}
