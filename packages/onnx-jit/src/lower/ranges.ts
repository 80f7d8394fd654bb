import type { Graph, Value } from '../graph/graph';
import { cast, compare, reshape } from './basic';

/** 0, 1, … n − 1 as int32, made in the graph. */
export function range(g: Graph, n: number): Value {
  const int = (v: number): Value => g.scalar(v, 'int32');
  return g.one('Range', [int(0), int(n), int(1)], { shape: [n], dtype: 'int32' });
}

/** 1 where the index along a new last axis equals the given one. */
export function oneHot(g: Graph, indices: Value, depth: number): Value {
  const column = reshape(g, cast(g, indices, 'int32'), [...indices.shape, 1]);
  return cast(g, compare(g, 'Equal', column, range(g, depth), [...indices.shape, depth]), 'float32');
}
