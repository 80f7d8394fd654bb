import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import { sizeOf, type Graph, type Value } from '../graph/graph';
import { add, cast, compare, expand, mul, reshape, slice, transpose, where } from './basic';
import {
  axesAttr,
  dtypeAttr,
  input,
  inputList,
  numberAttr,
  numbersAttr,
  stringAttr,
  type Call,
  type Lowering,
  type Lowerings,
} from './call';

const insert = (shape: readonly number[], axis: number, length: number): number[] => [
  ...shape.slice(0, axis),
  length,
  ...shape.slice(axis),
];
const firstAxis = (call: Call, rank: number): number => {
  const axis = numberAttr(call, 'axis', 0);
  return axis < 0 ? axis + rank : axis;
};

function concat(g: Graph, values: readonly Value[], axis: number): Value {
  const parts = values.filter((v) => v.shape[axis] !== 0);
  const [first] = parts.length > 0 ? parts : values;
  if (!first) throw new CompileError('Concat: no input');
  if (parts.length <= 1) return first;
  const shape = first.shape.map((d, i) => (i === axis ? parts.reduce((sum, v) => sum + (v.shape[axis] ?? 0), 0) : d));
  return g.one('Concat', parts, { shape, dtype: first.dtype }, { axis });
}

/** Whole-axis slices [from, to) along one axis. */
function along(g: Graph, x: Value, axis: number, from: number, to: number): Value {
  const shape = x.shape.map((d, i) => (i === axis ? to - from : d));
  return slice(
    g,
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((d, i) => (i === axis ? to : d)),
    x.shape.map(() => 1),
    shape,
  );
}

function reverse(g: Graph, x: Value, axes: readonly number[]): Value {
  const is = (i: number): boolean => axes.includes(i);
  const lowest = -(2 ** 31);
  return slice(
    g,
    x,
    x.shape.map((_, i) => (is(i) ? -1 : 0)),
    x.shape.map((d, i) => (is(i) ? lowest : d)),
    x.shape.map((_, i) => (is(i) ? -1 : 1)),
    x.shape,
  );
}

function stridedSlice(call: Call): Value {
  const x = input(call, 'x');
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    numbersAttr(call, 'begin'),
    numbersAttr(call, 'end'),
    numbersAttr(call, 'strides'),
    numberAttr(call, 'beginMask', 0),
    numberAttr(call, 'endMask', 0),
    numberAttr(call, 'ellipsisMask', 0),
    numberAttr(call, 'newAxisMask', 0),
    numberAttr(call, 'shrinkAxisMask', 0),
  );
  const strides = info.strides;
  const lengths = x.shape.map((_, i) => {
    const span = (info.end[i] ?? 0) - (info.begin[i] ?? 0);
    return Math.max(0, Math.ceil(span / (strides[i] ?? 1)));
  });
  // A bound of −1 with a negative stride means "before the first", which ONNX would read as the last.
  const ends = info.end.map((e, i) => ((strides[i] ?? 1) < 0 && e < 0 ? -(2 ** 31) : e));
  const g = call.graph;
  if (call.provider !== 'webgpu') return reshape(g, slice(g, x, info.begin, ends, strides, lengths), info.finalShape);
  // ONNX Runtime's WebGPU kernel (1.30) begins backward slices at the last element whatever their start: cut first.
  const backwards = (i: number): boolean => (strides[i] ?? 1) < 0;
  const kept = x.shape.map((d, i) => (backwards(i) ? (info.begin[i] ?? 0) + 1 : d));
  const none = x.shape.map(() => 0);
  const cut = slice(
    g,
    x,
    none,
    kept,
    none.map(() => 1),
    kept,
  );
  return reshape(g, slice(g, cut, info.begin, ends, strides, lengths), info.finalShape);
}

function pad(g: Graph, x: Value, paddings: readonly (readonly number[])[], mode: string, value: number): Value {
  const before = paddings.map((p) => p[0] ?? 0);
  const after = paddings.map((p) => p[1] ?? 0);
  if ([...before, ...after].every((n) => n === 0)) return x;
  const shape = x.shape.map((d, i) => d + (before[i] ?? 0) + (after[i] ?? 0));
  if (x.dtype === 'bool') return cast(g, pad(g, cast(g, x, 'int32'), paddings, mode, value), 'bool');
  const pads = g.int64([...before, ...after]);
  const inputs = mode === 'constant' ? [x, pads, g.scalar(value, x.dtype)] : [x, pads];
  return g.one('Pad', inputs, { shape, dtype: x.dtype }, { mode });
}

/** tfjs's symmetric padding repeats the border itself, which ONNX's modes do not. */
function symmetricPad(g: Graph, x: Value, paddings: readonly (readonly number[])[]): Value {
  return paddings.reduce<Value>((padded, [before = 0, after = 0], axis) => {
    const length = padded.shape[axis] ?? 0;
    const head = before > 0 ? [reverse(g, along(g, padded, axis, 0, before), [axis])] : [];
    const tail = after > 0 ? [reverse(g, along(g, padded, axis, length - after, length), [axis])] : [];
    return concat(g, [...head, padded, ...tail], axis);
  }, x);
}

function paddingsAttr(call: Call): number[][] {
  const value = call.attrs['paddings'];
  if (!Array.isArray(value)) throw new CompileError(`${call.kernel}: paddings are missing`);
  return value.map((p: unknown) => (Array.isArray(p) ? p.map(Number) : [0, 0]));
}

/** 0, 1, … n − 1 as int32, made in the graph. */
function range(g: Graph, n: number): Value {
  const int = (v: number): Value => g.scalar(v, 'int32');
  return g.one('Range', [int(0), int(n), int(1)], { shape: [n], dtype: 'int32' });
}

/** 1 where the index along a new last axis equals the given one. */
function oneHot(g: Graph, indices: Value, depth: number): Value {
  const column = reshape(g, cast(g, indices, 'int32'), [...indices.shape, 1]);
  return cast(g, compare(g, 'Equal', column, range(g, depth), [...indices.shape, depth]), 'float32');
}

/** Lengths of the parts of an axis: a number of equal parts, or lengths of which one may be −1 for the rest. */
function splitSizes(spec: number | readonly number[], length: number): number[] {
  if (typeof spec === 'number') return Array.from({ length: spec }, () => length / spec);
  const rest = length - spec.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return spec.map((size) => (size < 0 ? rest : size));
}

const filled =
  (number: number): Lowering =>
  (call) => {
    const x = input(call, 'x');
    return call.graph.fill(number, x.shape, x.dtype);
  };

export const shaping: Lowerings = {
  Identity: (call) => input(call, 'x'),
  Reshape: (call) => {
    const x = input(call, 'x');
    return reshape(call.graph, x, tf.util.inferFromImplicitShape(numbersAttr(call, 'shape'), sizeOf(x.shape)));
  },
  ExpandDims: (call) => {
    const x = input(call, 'input');
    const dim = numberAttr(call, 'dim', 0);
    return reshape(call.graph, x, insert(x.shape, dim < 0 ? x.shape.length + dim + 1 : dim, 1));
  },
  Transpose: (call) => transpose(call.graph, input(call, 'x'), numbersAttr(call, 'perm')),
  Tile: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const reps = numbersAttr(call, 'reps');
    const shape = x.shape.map((d, i) => d * (reps[i] ?? 1));
    if (reps.every((r) => r === 1)) return x;
    if (x.shape.every((d, i) => d === 1 || reps[i] === 1)) return expand(g, x, shape);
    return g.one('Tile', [x, g.int64(reps)], { shape, dtype: x.dtype });
  },
  Concat: (call) => {
    const values = inputList(call);
    return concat(call.graph, values, firstAxis(call, values[0]?.shape.length ?? 0));
  },
  Pack: (call) => {
    const values = inputList(call);
    const axis = firstAxis(call, (values[0]?.shape.length ?? 0) + 1);
    return concat(
      call.graph,
      values.map((v) => reshape(call.graph, v, insert(v.shape, axis, 1))),
      axis,
    );
  },
  Unpack: (call) => {
    const x = input(call, 'value');
    const axis = firstAxis(call, x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis] ?? 0 }, (_, i) =>
      reshape(call.graph, along(call.graph, x, axis, i, i + 1), shape),
    );
  },
  SplitV: (call) => {
    const x = input(call, 'x');
    const axis = firstAxis(call, x.shape.length);
    const given = call.attrs['numOrSizeSplits'];
    const spec = typeof given === 'number' ? given : numbersAttr(call, 'numOrSizeSplits');
    let from = 0;
    return splitSizes(spec, x.shape[axis] ?? 0).map((size) => {
      const part = along(call.graph, x, axis, from, from + size);
      from += size;
      return part;
    });
  },
  Slice: (call) => {
    const x = input(call, 'x');
    // A number stands for the first axis; sizes left out or −1 reach to the end.
    const given = (name: string): number[] =>
      typeof call.attrs[name] === 'number' ? [call.attrs[name]] : numbersAttr(call, name);
    const starts = given('begin');
    const sizes = call.attrs['size'] === undefined ? [] : given('size');
    const begin = x.shape.map((_, i) => starts[i] ?? 0);
    const size = x.shape.map((d, i) => {
      const wanted = sizes[i] ?? -1;
      return wanted < 0 ? d - (begin[i] ?? 0) : wanted;
    });
    return slice(
      call.graph,
      x,
      begin,
      begin.map((b, i) => b + (size[i] ?? 0)),
      x.shape.map(() => 1),
      size,
    );
  },
  StridedSlice: stridedSlice,
  Reverse: (call) => {
    const x = input(call, 'x');
    return reverse(call.graph, x, axesAttr(call, x, 'dims'));
  },
  PadV2: (call) =>
    pad(call.graph, input(call, 'x'), paddingsAttr(call), 'constant', numberAttr(call, 'constantValue', 0)),
  MirrorPad: (call) => {
    const mode = stringAttr(call, 'mode');
    const x = input(call, 'x');
    return mode === 'reflect'
      ? pad(call.graph, x, paddingsAttr(call), 'reflect', 0)
      : symmetricPad(call.graph, x, paddingsAttr(call));
  },
  Fill: (call) => call.graph.fill(numberAttr(call, 'value'), numbersAttr(call, 'shape'), dtypeAttr(call)),
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Range: (call) => {
    const g = call.graph;
    const dtype = dtypeAttr(call);
    const start = numberAttr(call, 'start');
    const stop = numberAttr(call, 'stop');
    const given = numberAttr(call, 'step', 1);
    // tfjs counts down where the default step would never arrive.
    const step = stop < start && given === 1 ? -1 : given;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    const [from, to, by] = [start, stop, step].map((n) => g.scalar(n, dtype));
    return g.one('Range', [from ?? null, to ?? null, by ?? null], { shape: [length], dtype });
  },
  LinSpace: (call) => {
    const g = call.graph;
    const start = numberAttr(call, 'start');
    const num = numberAttr(call, 'num');
    const step = num > 1 ? (numberAttr(call, 'stop') - start) / (num - 1) : 0;
    const index = cast(g, range(g, num), 'float32');
    return add(g, mul(g, index, g.scalar(step), index.shape), g.scalar(start), index.shape);
  },
  OneHot: (call) => {
    const g = call.graph;
    const hot = oneHot(g, input(call, 'indices'), numberAttr(call, 'depth'));
    const on = numberAttr(call, 'onValue', 1);
    const off = numberAttr(call, 'offValue', 0);
    const values =
      on === 1 && off === 0 ? hot : add(g, mul(g, hot, g.scalar(on - off), hot.shape), g.scalar(off), hot.shape);
    return cast(g, values, dtypeAttr(call, 'dtype', 'float32'));
  },
  Select: (call) => {
    const g = call.graph;
    const [condition, t, e] = [input(call, 'condition'), input(call, 't'), input(call, 'e')];
    const rank = t.shape.length;
    const fits = condition.shape.length === rank || condition.shape.length > 1;
    const mask = fits
      ? condition
      : reshape(g, condition, [...condition.shape, ...Array.from({ length: rank - condition.shape.length }, () => 1)]);
    return where(g, cast(g, mask, 'bool'), t, e, t.shape);
  },
  GatherV2: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const indices = input(call, 'indices');
    const axis = firstAxis(call, x.shape.length);
    if (numberAttr(call, 'batchDims', 0) !== 0)
      throw new CompileError('gather: batchDims cannot be compiled; use a one-hot product');
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return g.one('Gather', [x, cast(g, indices, 'int32')], { shape, dtype: x.dtype }, { axis });
  },
  GatherNd: (call) => {
    const g = call.graph;
    const x = input(call, 'params');
    const indices = input(call, 'indices');
    const depth = indices.shape[indices.shape.length - 1] ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    return g.one('GatherND', [x, cast(g, indices, 'int64')], { shape, dtype: x.dtype });
  },
  ScatterNd: (call) => {
    const g = call.graph;
    const updates = input(call, 'updates');
    const shape = numbersAttr(call, 'shape');
    const target = g.fill(0, shape, updates.dtype);
    return g.one(
      'ScatterND',
      [target, cast(g, input(call, 'indices'), 'int64'), updates],
      { shape, dtype: updates.dtype },
      { reduction: 'add' },
    );
  },
  /** Rows with one id are added up: a product with the one-hot ids. */
  UnsortedSegmentSum: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const ids = input(call, 'segmentIds');
    const segments = numberAttr(call, 'numSegments');
    const rows = sizeOf(ids.shape);
    const rest = x.shape.slice(ids.shape.length);
    const hot = oneHot(g, reshape(g, ids, [rows]), segments);
    const flat = reshape(g, cast(g, x, 'float32'), [rows, sizeOf(rest)]);
    const sums = g.one('Gemm', [hot, flat], { shape: [segments, sizeOf(rest)], dtype: 'float32' }, { transA: 1 });
    return reshape(g, sums, [segments, ...rest]);
  },
  Diag: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const n = sizeOf(x.shape);
    const index = range(g, n);
    const eye = cast(g, compare(g, 'Equal', reshape(g, index, [n, 1]), index, [n, n]), x.dtype);
    return reshape(g, mul(g, eye, reshape(g, x, [n]), [n, n]), [...x.shape, ...x.shape]);
  },
};
