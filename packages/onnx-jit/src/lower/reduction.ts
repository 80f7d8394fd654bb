import type { Graph, Value } from '../graph/graph';
import { cast, mul, reduce, reducedShape, slice, transpose } from './basic';
import { axesAttr, booleanAttr, input, numberAttr, type Call, type Lowering, type Lowerings } from './call';

const reduction =
  (op: string, prepare: (g: Graph, x: Value) => Value = (_, x) => x): Lowering =>
  (call) => {
    const x = prepare(call.graph, input(call, 'x'));
    return reduce(call.graph, op, x, axesAttr(call, x), booleanAttr(call, 'keepDims'));
  };

const numeric = (g: Graph, x: Value): Value => (x.dtype === 'bool' ? cast(g, x, 'int32') : x);

const logical =
  (op: string): Lowering =>
  (call) => {
    const x = cast(call.graph, input(call, 'x'), 'int32');
    return cast(call.graph, reduce(call.graph, op, x, axesAttr(call, x), booleanAttr(call, 'keepDims')), 'bool');
  };

const extremum =
  (op: string): Lowering =>
  (call) => {
    const x = numeric(call.graph, input(call, 'x'));
    const [axis = 0] = axesAttr(call, x);
    const output = { shape: reducedShape(x.shape, [axis], false), dtype: 'int64' } as const;
    return cast(call.graph, call.graph.one(op, [x], output, { axis, keepdims: 0 }), 'int32');
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
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),
  Max: reduction('ReduceMax', numeric),
  Mean: reduction('ReduceMean', (g, x) => cast(g, x, 'float32')),
  Min: reduction('ReduceMin', numeric),
  Prod: reduction('ReduceProd', numeric),
  Sum: reduction('ReduceSum', numeric),

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
