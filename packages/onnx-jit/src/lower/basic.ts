import type { Provider } from './call';
import { onnxType, sameShape, type DType, type Graph, type Node, type Shape, type Value } from '../graph/graph';

/** Building blocks shared by the lowerings. Each leaves out the node that would change nothing. */

export function cast(g: Graph, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  if (x.splat !== undefined) return g.fill(castNumber(x.splat, dtype), x.shape, dtype);
  return g.one('Cast', [x], { shape: x.shape, dtype }, { to: onnxType[dtype] });
}

/**
 * Numbers to int32 as JavaScript does it: modulo 2³², and 0 for what is no number. A cast to 64 bits and one to 32 do that
 * for all numbers that fit into 64. What does not fit is 0 modulo 2³² (float32 has no odd multiples of 2³² there), and C
 * leaves open what becomes of it: x86 and WebAssembly differ. ONNX Runtime would make one cast of two that follow each
 * other: hence the new shape between them.
 */
export function toInt32(g: Graph, provider: Provider, x: Value): Value {
  if (x.dtype !== 'float32' || provider !== 'cpu' || x.splat !== undefined) return cast(g, x, 'int32');
  const fits = compare(
    g,
    'Less',
    g.one('Abs', [x], { shape: x.shape, dtype: 'float32' }),
    g.fill(2 ** 62, x.shape, 'float32'),
  );
  const wide = reshape(g, cast(g, where(g, fits, x, g.fill(0, x.shape, 'float32'), x.shape), 'int64'), [1, ...x.shape]);
  return reshape(g, cast(g, wide, 'int32'), x.shape);
}

const castNumber = (n: number, dtype: DType): number =>
  dtype === 'float32' ? n : dtype === 'bool' ? Number(n !== 0) : n | 0;

export function reshape(g: Graph, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.splat !== undefined) return g.fill(x.splat, shape, x.dtype);
  const first = nodeOf(x, 'Reshape')?.inputs[0];
  if (first) return reshape(g, first, shape);
  // Otherwise a 0 would mean "the length this axis had".
  const empty: Record<string, number> = shape.includes(0) ? { allowzero: 1 } : {};
  return g.one('Reshape', [x, g.int64(shape)], { shape, dtype: x.dtype }, empty);
}

export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  const turned = nodeOf(x, 'Transpose');
  if (turned) {
    const [inner] = turned.inputs;
    const before = turned.attributes['perm'];
    if (inner && Array.isArray(before))
      return transpose(
        g,
        inner,
        perm.map((p) => Number(before[p])),
      );
  }
  const shape = perm.map((p) => x.shape[p] ?? 1);
  // Moving only axes of length one moves no data.
  const moved = perm.filter((p) => x.shape[p] !== 1);
  if (moved.every((p, i) => i === 0 || p > (moved[i - 1] ?? 0))) return reshape(g, x, shape);
  if (x.splat !== undefined) return g.fill(x.splat, shape, x.dtype);
  return g.one('Transpose', [x], { shape, dtype: x.dtype }, { perm: [...perm] });
}

export function expand(g: Graph, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.splat !== undefined) return g.fill(x.splat, shape, x.dtype);
  if (x.dtype === 'bool') return cast(g, expand(g, cast(g, x, 'int32'), shape), 'bool');
  return g.one('Expand', [x, g.int64(shape)], { shape, dtype: x.dtype });
}

/**
 * What x was before it was expanded or filled, so that an elementwise operator can broadcast it instead:
 * fits only where the other operand alone gives the result its shape.
 */
function unexpanded(g: Graph, x: Value, other: Value, result: Shape): Value {
  if (!sameShape(other.shape, result)) return x;
  if (x.splat !== undefined) return g.scalar(x.splat, x.dtype);
  return nodeOf(x, 'Expand')?.inputs[0] ?? x;
}

/** An elementwise operator of two operands of one type. */
export function binary(g: Graph, op: string, a: Value, b: Value, shape: Shape, dtype: DType): Value {
  const left = unexpanded(g, a, b, shape);
  // One of the two must still carry the shape.
  const right = left === a ? unexpanded(g, b, a, shape) : b;
  return g.one(op, [left, right], { shape, dtype });
}

const same = (x: Value, shape: Shape, dtype: DType): boolean => sameShape(x.shape, shape) && x.dtype === dtype;

export function add(g: Graph, a: Value, b: Value, shape: Shape = a.shape): Value {
  if (a.splat === 0 && same(b, shape, b.dtype)) return b;
  if (b.splat === 0 && same(a, shape, a.dtype)) return a;
  return binary(g, 'Add', a, b, shape, a.dtype);
}

export function sub(g: Graph, a: Value, b: Value, shape: Shape = a.shape): Value {
  if (b.splat === 0 && same(a, shape, a.dtype)) return a;
  return binary(g, 'Sub', a, b, shape, a.dtype);
}

export function mul(g: Graph, a: Value, b: Value, shape: Shape = a.shape): Value {
  if (a.splat !== undefined && b.splat !== undefined) return g.fill(Math.fround(a.splat * b.splat), shape, a.dtype);
  if (a.splat === 1) return b.dtype === 'bool' ? b : expand(g, b, shape);
  if (b.splat === 1) return expand(g, a, shape);
  return binary(g, 'Mul', a, b, shape, a.dtype);
}

export function div(g: Graph, a: Value, b: Value, shape: Shape = a.shape): Value {
  if (b.splat === 1 && same(a, shape, a.dtype)) return a;
  return binary(g, 'Div', a, b, shape, a.dtype);
}

export const unary = (g: Graph, op: string, x: Value): Value => g.one(op, [x], x);

export function compare(g: Graph, op: string, a: Value, b: Value, shape: Shape = a.shape): Value {
  return binary(g, op, a, b, shape, 'bool');
}

export function where(g: Graph, condition: Value, a: Value, b: Value, shape: Shape): Value {
  if (a.dtype === 'bool') {
    return cast(g, where(g, condition, cast(g, a, 'int32'), cast(g, b, 'int32'), shape), 'bool');
  }
  const full = sameShape(condition.shape, shape);
  const small = (v: Value): Value => (full && v.splat !== undefined ? g.scalar(v.splat, v.dtype) : v);
  return g.one('Where', [condition, small(a), small(b)], { shape, dtype: a.dtype });
}

export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): number[] =>
  keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i));

/** ReduceSum takes its axes as an input, the other reductions as an attribute. */
export function reduce(g: Graph, op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  if (axes.length === 0) return x;
  const output = { shape: reducedShape(x.shape, axes, keepDims), dtype: x.dtype };
  // Axes of length one hold nothing to reduce.
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.length === 0) return reshape(g, x, output.shape);
  const keepdims = Number(keepDims);
  return op === 'ReduceSum'
    ? g.one(op, [x, g.int64(axes)], output, { keepdims })
    : g.one(op, [x], output, { axes: [...axes], keepdims });
}

export function slice(
  g: Graph,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
  shape: Shape,
): Value {
  if (sameShape(x.shape, shape) && steps.every((s) => s === 1)) return x;
  if (x.splat !== undefined) return g.fill(x.splat, shape, x.dtype);
  const axes = x.shape.map((_, i) => i).filter((i) => steps[i] !== 1 || starts[i] !== 0 || ends[i] !== x.shape[i]);
  const pick = (v: readonly number[]): Value => g.int64(axes.map((i) => v[i] ?? 0));
  return g.one('Slice', [x, pick(starts), pick(ends), g.int64(axes), pick(steps)], { shape, dtype: x.dtype });
}

/** The first element, as a scalar. */
export function firstOf(g: Graph, x: Value): Value {
  const zeros = x.shape.map(() => 0);
  const ones = x.shape.map(() => 1);
  return reshape(g, slice(g, x, zeros, ones, ones, ones), []);
}

/** The node that made a value, if it is this operator. */
export function nodeOf({ source }: Value, op: string): Node | null {
  return source.kind === 'node' && source.node.op === op ? source.node : null;
}
