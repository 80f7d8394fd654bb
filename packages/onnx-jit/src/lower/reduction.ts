import type { Graph, Value } from '../graph/graph';
import { cast, mul, nodeOf, reduce, reducedShape, slice, transpose, where } from './basic';
import { axesAttr, booleanAttr, input, numberAttr, type Call, type Lowering, type Lowerings } from './call';

const numeric = (g: Graph, x: Value): Value => (x.dtype === 'bool' ? cast(g, x, 'int32') : x);

/** Whether axes of length 0 are all there is to reduce, in a result that is not empty itself. */
const overNothing = (x: Value, axes: readonly number[]): boolean =>
  axes.some((axis) => x.shape[axis] === 0) && x.shape.every((d, axis) => d !== 0 || axes.includes(axis));

/** @param nothing the result over an axis of length 0 */
const reduction =
  (op: string, nothing: number, prepare: (g: Graph, x: Value) => Value): Lowering =>
  (call) => {
    const g = call.graph;
    const x = prepare(g, input(call, 'x'));
    const axes = axesAttr(call, x);
    const keepDims = booleanAttr(call, 'keepDims');
    if (overNothing(x, axes)) return g.fill(nothing, reducedShape(x.shape, axes, keepDims), x.dtype);
    return reduce(g, op, x, axes, keepDims);
  };

const logical =
  (op: string): Lowering =>
  (call) => {
    const g = call.graph;
    const x = cast(g, input(call, 'x'), 'int32');
    const axes = axesAttr(call, x);
    const keepDims = booleanAttr(call, 'keepDims');
    if (overNothing(x, axes)) return g.fill(0, reducedShape(x.shape, axes, keepDims), 'bool');
    return cast(g, reduce(g, op, x, axes, keepDims), 'bool');
  };

/**
 * The largest or smallest number, and NaN where there is one among them. ONNX Runtime's CPU kernel drops NaN here and
 * there; a sum of squares is NaN for no other reason.
 */
const extremum =
  (op: 'ReduceMax' | 'ReduceMin'): Lowering =>
  (call) => {
    const g = call.graph;
    const x = numeric(g, input(call, 'x'));
    const axes = axesAttr(call, x);
    const keepDims = booleanAttr(call, 'keepDims');
    if (overNothing(x, axes)) return g.fill(NaN, reducedShape(x.shape, axes, keepDims), x.dtype);
    const found = reduce(g, op, x, axes, keepDims);
    if (call.provider !== 'cpu' || !nodeOf(found, op) || x.dtype !== 'float32' || isSoftmax(x, axes)) return found;
    const squares = reduce(g, 'ReduceSum', mul(g, x, x), axes, keepDims);
    return where(g, g.one('IsNaN', [squares], { shape: squares.shape, dtype: 'bool' }), squares, found, found.shape);
  };

/** A softmax over the axis that is reduced: with one NaN it is NaN all over. */
const isSoftmax = (x: Value, axes: readonly number[]): boolean =>
  nodeOf(x, 'Softmax') !== null && axes.includes(x.shape.length - 1);

/** Where the largest or smallest number stands; NaN is never chosen. */
const position =
  (op: 'ArgMax' | 'ArgMin'): Lowering =>
  (call) => {
    const g = call.graph;
    const given = numeric(g, input(call, 'x'));
    const [axis = 0] = axesAttr(call, given);
    const shape = reducedShape(given.shape, [axis], false);
    if (given.shape[axis] === 0) return g.fill(0, shape, 'int32');
    const x =
      call.provider === 'cpu' && given.dtype === 'float32'
        ? where(
            g,
            g.one('IsNaN', [given], { shape: given.shape, dtype: 'bool' }),
            g.scalar(op === 'ArgMax' ? -Infinity : Infinity),
            given,
            given.shape,
          )
        : given;
    return cast(g, g.one(op, [x], { shape, dtype: 'int64' }, { axis, keepdims: 0 }), 'int32');
  };

/** Softmax kinds work along the last axis; other axes are brought there. */
function alongLast(call: Call, op: string, x: Value, axis: number): Value {
  const g = call.graph;
  const last = x.shape.length - 1;
  if (axis === last || axis === -1) return g.one(op, [x], x, { axis: -1 });
  const perm = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const moved = transpose(g, x, perm);
  return transpose(g, g.one(op, [moved], moved, { axis: -1 }), perm);
}

export const reductions: Lowerings = {
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: position('ArgMax'),
  ArgMin: position('ArgMin'),
  Max: extremum('ReduceMax'),
  Mean: reduction('ReduceMean', 0, (g, x) => cast(g, x, 'float32')),
  Min: extremum('ReduceMin'),
  Prod: reduction('ReduceProd', 1, numeric),
  Sum: reduction('ReduceSum', 0, numeric),

  Cumsum: (call) => {
    const x = input(call, 'x');
    const axis = numberAttr(call, 'axis', 0);
    const exclusive = Number(booleanAttr(call, 'exclusive'));
    const reverse = Number(booleanAttr(call, 'reverse'));
    return call.graph.one('CumSum', [x, call.graph.scalar(axis, 'int32')], x, { exclusive, reverse });
  },
  Softmax: (call) => {
    const logits = input(call, 'logits');
    return alongLast(call, 'Softmax', logits, numberAttr(call, 'dim', -1));
  },
  TopK: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const k = numberAttr(call, 'k', 1);
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = g.emit(
      'TopK',
      [x, g.int64([k])],
      [
        { shape, dtype: x.dtype },
        { shape, dtype: 'int64' },
      ],
      { axis: -1, largest: 1, sorted: 1 },
    );
    return values && indices ? [values, cast(g, indices, 'int32')] : [];
  },
  /** Products of 1 … n elements: no operator of its own, so one slice and product a step. */
  Cumprod: (call) => {
    const g = call.graph;
    const x = input(call, 'x');
    const [axis = 0] = axesAttr(call, x);
    const length = x.shape[axis] ?? 1;
    if (x.shape.includes(0)) return x;
    const exclusive = booleanAttr(call, 'exclusive');
    const backwards = booleanAttr(call, 'reverse');
    const one = x.shape.map((d, i) => (i === axis ? 1 : d));
    const at = (i: number): Value =>
      slice(
        g,
        x,
        x.shape.map((_, a) => (a === axis ? i : 0)),
        x.shape.map((d, a) => (a === axis ? i + 1 : d)),
        x.shape.map(() => 1),
        one,
      );
    const order = Array.from({ length }, (_, i) => (backwards ? length - 1 - i : i));
    const products: Value[] = [];
    let product = g.fill(1, one, x.dtype);
    for (const i of order) {
      const next = mul(g, product, at(i), one);
      products[i] = exclusive ? product : next;
      product = next;
    }
    return length === 1 && products[0] ? products[0] : g.one('Concat', products, x, { axis });
  },
};
