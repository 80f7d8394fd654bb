import { sizeOf, type Graph, type Value } from '../graph/graph';
import { nodeOf } from '../lower/basic';
import type { Rule } from './rewrite';

/**
 * For a GPU: how tfjs takes tensors apart and puts them together in fewer nodes. An element of a vector is one Gather, and
 * the gradient of a tensor that was cut in two is its pieces side by side instead of two padded ones added up.
 */
export const pieces: Rule = ({ graph, provider, node, inputs }) => {
  const [a, b] = inputs;
  const [output] = node.outputs;
  if (provider === 'cpu' || !a || !output) return null;
  if (node.op === 'Reshape' && output.shape.length === 0) return element(graph, a);
  if (node.op === 'Add' && b) return sideBySide(graph, a, b);
  return null;
};

const numbers = (value: Value | null | undefined): number[] | null =>
  value?.source.kind === 'constant' ? Array.from(value.source.data, Number) : null;

/** x[i] as a scalar, from a slice of one element of a vector. */
function element(g: Graph, slice: Value): Value | null {
  const node = nodeOf(slice, 'Slice');
  const [x, starts] = node?.inputs ?? [];
  const [start] = numbers(starts) ?? [];
  if (!x || start === undefined || start < 0 || x.shape.length !== 1 || sizeOf(slice.shape) !== 1) return null;
  return g.one('Gather', [x, g.scalar(start, 'int32')], { shape: [], dtype: x.dtype }, { axis: 0 });
}

/** What a Pad with zeros puts before and after its operand, all along one axis. */
function padding(x: Value): { of: Value; axis: number; before: number; after: number } | null {
  const node = nodeOf(x, 'Pad');
  const [of, pads, filler] = node?.inputs ?? [];
  const counts = numbers(pads);
  if (!node || !of || !counts || filler?.splat !== 0 || node.attributes['mode'] !== 'constant') return null;
  const rank = of.shape.length;
  const axes = of.shape.flatMap((_, axis) => (counts[axis] !== 0 || counts[axis + rank] !== 0 ? [axis] : []));
  const [axis] = axes;
  if (axis === undefined || axes.length !== 1) return null;
  return { of, axis, before: counts[axis] ?? 0, after: counts[axis + rank] ?? 0 };
}

function sideBySide(g: Graph, a: Value, b: Value): Value | null {
  const [p, q] = [padding(a), padding(b)];
  if (!p || !q || p.axis !== q.axis) return null;
  const { axis } = p;
  const [first, second] = p.before === 0 ? [p, q] : [q, p];
  const [head, tail] = [first.of.shape[axis], second.of.shape[axis]];
  const fit = first.before === 0 && second.after === 0 && first.after === tail && second.before === head;
  return fit ? g.one('Concat', [first.of, second.of], { shape: a.shape, dtype: a.dtype }, { axis }) : null;
}
