import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import { sizeOf, type Graph, type Value } from '../graph/graph';
import { add, cast, expand, mul, reshape, slice, transpose, where } from './basic';
import {
  axesAttr,
  dtypeAttr,
  infoOf,
  input,
  inputList,
  numberAttr,
  numbersAttr,
  stringAttr,
  type Call,
  type Lowering,
  type Lowerings,
} from './call';
import { range } from './ranges';

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
  tf.backend_util.assertParamsConsistent(
    values.map((v) => [...v.shape]),
    axis,
  );
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

export function reverse(g: Graph, x: Value, axes: readonly number[]): Value {
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

export function pad(g: Graph, x: Value, paddings: readonly (readonly number[])[], mode: string, value: number): Value {
  const before = paddings.map((p) => p[0] ?? 0);
  const after = paddings.map((p) => p[1] ?? 0);
  if ([...before, ...after].every((n) => n === 0)) return x;
  const shape = x.shape.map((d, i) => d + (before[i] ?? 0) + (after[i] ?? 0));
  if (mode === 'constant' && x.splat === value) return g.fill(value, shape, x.dtype);
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

export function paddingsAttr(call: Call, name = 'paddings'): number[][] {
  const value = call.attrs[name];
  if (!Array.isArray(value)) throw new CompileError(`${call.kernel}: ${name} are missing`);
  return value.map((p: unknown) => (Array.isArray(p) ? p.map(Number) : [0, 0]));
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
    const rank = x.shape.length;
    tf.util.assert(-(rank + 1) <= dim && dim <= rank, () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`);
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
    const [first] = values;
    for (const { shape } of values) {
      tf.util.assertShapesMatch(
        [...(first?.shape ?? [])],
        [...shape],
        'All tensors passed to stack must have matching shapes',
      );
    }
    const axis = firstAxis(call, (first?.shape.length ?? 0) + 1);
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
    return tf.backend_util.prepareSplitSize(infoOf(x), spec, axis).map((size) => {
      const part = along(call.graph, x, axis, from, from + size);
      from += size;
      return part;
    });
  },
  Slice: (call) => {
    const x = input(call, 'x');
    const given = (name: string): number | number[] =>
      typeof call.attrs[name] === 'number' ? call.attrs[name] : numbersAttr(call, name);
    const info = infoOf(x);
    const wanted = call.attrs['size'] === undefined ? x.shape.map(() => -1) : given('size');
    const [begin = [], size = []] = tf.slice_util.parseSliceParams(info, given('begin'), wanted);
    x.shape.forEach((length, i) => {
      const end = (begin[i] ?? 0) + (size[i] ?? 0);
      tf.util.assert(
        end <= length,
        () =>
          `Error in slice${x.shape.length}D: begin[${i}] + size[${i}] (${end}) would overflow input.shape[${i}] (${length})`,
      );
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
  Fill: (call) => {
    const dtype = dtypeAttr(call, 'dtype', typeof call.attrs['value'] === 'string' ? 'string' : 'float32');
    return call.graph.fill(numberAttr(call, 'value'), numbersAttr(call, 'shape'), dtype);
  },
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
};
