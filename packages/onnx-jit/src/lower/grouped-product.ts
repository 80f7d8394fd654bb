import type { Graph, Value } from '../graph/graph';
import { add, mul, reduce, reshape, transpose } from './basic';
import { range } from './ranges';

/** What a convolution over one axis in groups is made of. */
export interface GroupedConvolution {
  /** [batch, groups · channels, time] */
  readonly x: Value;
  /** [out, channels, taps], out a multiple of the groups */
  readonly filter: Value;
  readonly groups: number;
  /** Zeros before and after. */
  readonly pads: readonly [number, number];
  /** Frames that come out. */
  readonly frames: number;
}

/** Shorter filters are left to the kernel. */
const fewestTaps = 8;
/** Bytes of the largest tensor on the way. */
const mostBytes = 2 ** 28;

/** Whether `groupedProduct` is worth it, and its tensors are of a size. */
export function fitsProduct(g: Graph, convolution: GroupedConvolution): boolean {
  const { x, filter } = convolution;
  const [batch = 0, channels = 0] = x.shape;
  const [out = 0, , taps = 0] = filter.shape;
  if (taps < fewestTaps) return false;
  const { inner, outer, columns } = cut(convolution);
  // A graph for any size must not depend on one.
  return g.anySize || 4 * batch * columns * Math.max(channels * inner, out * outer) <= mostBytes;
}

/** Taps in `outer` runs of `inner`; the product has as many columns as frames can lie before the last run. */
function cut({ filter, frames }: Pick<GroupedConvolution, 'filter' | 'frames'>) {
  const taps = filter.shape[2] ?? 1;
  const inner = 2 ** Math.round(Math.log2(taps) / 2);
  const outer = Math.ceil(taps / inner);
  return { inner, outer, columns: frames + inner * (outer - 1) };
}

/**
 * A convolution in groups as one product of matrices for each row and group, for WebGPU: ONNX Runtime's kernel (1.30) for
 * groups computes every number of the result by itself, without sharing what it reads.
 *
 * With the taps in `outer` runs of `inner` (about √taps each), tap j · inner + i: the signal is laid out `inner` times, each
 * copy one frame further; the product gives for every frame the part of each run; the runs are added up, each `inner`
 * frames further than the one before. All taps at once would take √taps times the memory.
 *
 * @returns [batch, out, frames]
 */
export function groupedProduct(g: Graph, { x, filter, groups, pads, frames }: GroupedConvolution): Value {
  const [batch = 0, , time = 0] = x.shape;
  const [out = 0, perGroup = 0, taps = 0] = filter.shape;
  const { inner, outer, columns } = cut({ filter, frames });
  const surplus = inner * outer - taps;

  const [before, after] = pads;
  const signal = padded(g, x, before, after + surplus, time + before + after + surplus);
  const copies = gathered(g, signal, windows(g, inner, 1, columns));
  const right = reshape(g, copies, [batch, groups, perGroup * inner, columns]);

  const runs = padded(g, filter, 0, surplus, inner * outer);
  const split = reshape(g, runs, [groups, out / groups, perGroup, outer, inner]);
  const left = reshape(g, transpose(g, split, [0, 1, 3, 2, 4]), [groups, (out / groups) * outer, perGroup * inner]);

  const shape = [batch, groups, (out / groups) * outer, columns];
  const product = g.one('MatMul', [left, right], { shape, dtype: 'float32' });
  const flat = reshape(g, product, [batch, out, outer * columns]);
  return reduce(g, 'ReduceSum', gathered(g, flat, windows(g, outer, columns + inner, frames)), [2], false);
}

/** Where `rows` rows of `length` elements begin and go on: row · step + column. */
function windows(g: Graph, rows: number, step: number, length: number): Value {
  const starts = reshape(g, mul(g, range(g, rows), g.scalar(step, 'int32')), [rows, 1]);
  return add(g, starts, range(g, length), [rows, length]);
}

/** Elements of the last of three axes, at the places of an index [rows, columns]. */
function gathered(g: Graph, x: Value, index: Value): Value {
  const shape = [...x.shape.slice(0, 2), ...index.shape];
  return g.one('Gather', [x, index], { shape, dtype: x.dtype }, { axis: 2 });
}

function padded(g: Graph, x: Value, before: number, after: number, length: number): Value {
  if (before === 0 && after === 0) return x;
  const shape = [...x.shape.slice(0, 2), length];
  return g.one(
    'Pad',
    [x, g.int64([0, 0, before, 0, 0, after]), g.scalar(0)],
    { shape, dtype: x.dtype },
    { mode: 'constant' },
  );
}
