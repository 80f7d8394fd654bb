import { sameShape, sizeOf, type Graph, type Value } from '../graph/graph';
import { add, cast, div, expand, mul, nodeOf, reduce, reshape, sub, transpose } from '../lower/basic';
import type { Rule } from './rewrite';

/**
 * What shows only once the whole graph is there, or was lost on its way through tfjs: constants that are one number all
 * over, factors that follow each other, signs, and shapes that a reduction could have given at once. None of it changes a
 * result by more than the rounding of two factors in one.
 */
export const algebra: Rule = ({ graph: g, node, inputs, uses }) => {
  const [a, b] = inputs;
  const [output] = node.outputs;
  if (!a || !output || node.domain !== '') return null;
  const { shape } = output;
  switch (node.op) {
    case 'Add':
      return b ? sum(g, plain(g, a), plain(g, b), shape) : null;
    case 'Sub':
      return b ? difference(g, plain(g, a), plain(g, b), shape) : null;
    case 'Mul':
      return b ? product(g, plain(g, a), plain(g, b), shape, uses) : null;
    case 'Div':
      return b ? quotient(g, plain(g, a), plain(g, b), shape) : null;
    case 'Neg':
      return scaled(g, plain(g, a), -1, uses);
    case 'Expand':
      return expand(g, plain(g, a), shape);
    case 'Cast':
      return cast(g, plain(g, a), output.dtype);
    case 'Reshape':
      return reshaped(g, plain(g, a), shape);
    case 'Transpose': {
      const perm = node.attributes['perm'];
      return Array.isArray(perm) ? transpose(g, plain(g, a), perm.map(Number)) : null;
    }
    case 'Slice': {
      const { splat } = plain(g, a);
      return splat === undefined ? null : g.fill(splat, shape, output.dtype);
    }
    case 'ReduceSum':
    case 'ReduceMean':
    case 'ReduceMax':
      return reducedAtOnce(g, node.op, a, shape);
    default:
      return null;
  }
};

/** Constants above this size are not looked through for being one number. */
const largestSearched = 1 << 22;

/** The value, known to be one number all over if it is. */
export function plain(g: Graph, value: Value): Value {
  const { source, shape, dtype } = value;
  if (value.splat !== undefined || source.kind !== 'constant' || (dtype !== 'float32' && dtype !== 'int32'))
    return value;
  const { data } = source;
  const [first] = data;
  if (first === undefined || data.length > largestSearched || !data.every((n) => Object.is(n, first))) return value;
  return g.fill(Number(first), shape, dtype);
}

const isFloat = (...values: readonly Value[]): boolean => values.every(({ dtype }) => dtype === 'float32');

/** The result where both operands are one number all over. */
function folded(g: Graph, a: Value, b: Value, shape: Value['shape'], of: (a: number, b: number) => number) {
  if (a.splat === undefined || b.splat === undefined || !isFloat(a, b)) return null;
  return g.fill(Math.fround(of(a.splat, b.splat)), shape, 'float32');
}

function sum(g: Graph, a: Value, b: Value, shape: Value['shape']): Value {
  // What keeps a large constant from being stored is put back where the new graph still needs it.
  if (a.fixed && isZeroInput(g, b)) return a;
  const known = folded(g, a, b, shape, (x, y) => x + y);
  if (known) return known;
  const [minusA, minusB] = [nodeOf(a, 'Neg')?.inputs[0], nodeOf(b, 'Neg')?.inputs[0]];
  if (minusB) return sub(g, a, minusB, shape);
  if (minusA) return sub(g, b, minusA, shape);
  return add(g, a, b, shape);
}

/** The input `zero`, which keeps results of constants from being stored, in a's type. */
const isZeroInput = (g: Graph, b: Value): boolean =>
  g.zero !== null && (b === g.zero || nodeOf(b, 'Cast')?.inputs[0] === g.zero);

function difference(g: Graph, a: Value, b: Value, shape: Value['shape']): Value {
  const known = folded(g, a, b, shape, (x, y) => x - y);
  if (known) return known;
  const minusB = nodeOf(b, 'Neg')?.inputs[0];
  return minusB ? add(g, a, minusB, shape) : sub(g, a, b, shape);
}

function quotient(g: Graph, a: Value, b: Value, shape: Value['shape']): Value {
  return folded(g, a, b, shape, (x, y) => x / y) ?? div(g, a, b, shape);
}

type Uses = (value: Value) => number;

function product(g: Graph, a: Value, b: Value, shape: Value['shape'], uses: Uses): Value {
  const [one, other] = [ownNumber(a, uses), ownNumber(b, uses)];
  if (one && other && sameShape(a.shape, shape) && sameShape(b.shape, shape))
    return mul(g, times(g, one.rest, one.number * other.number), other.rest, shape);
  for (const [x, factor] of [[a, b] as const, [b, a] as const]) {
    if (factor.splat === undefined || !isFloat(x, factor) || !sameShape(x.shape, shape)) continue;
    const times = scaled(g, x, factor.splat, uses);
    if (times) return times;
  }
  return mul(g, a, b, shape);
}

/** x · factor where x is itself a product with a number, or the negative of something; null elsewhere. */
function scaled(g: Graph, x: Value, factor: number, uses: Uses): Value | null {
  if (!isFloat(x)) return null;
  if (x.splat !== undefined) return g.fill(Math.fround(x.splat * factor), x.shape, 'float32');
  const negated = nodeOf(x, 'Neg')?.inputs[0];
  if (negated) return times(g, negated, -factor);
  const inner = numberAndRest(x);
  if (inner) return times(g, inner.rest, inner.number * factor);
  const chosen = chosenNumber(g, x, factor);
  if (chosen) return chosen;
  if (uses(x) !== 1) return null;
  const [a, b] = nodeOf(x, 'Mul')?.inputs ?? [];
  const own = a && b ? [[a, b] as const, [b, a] as const].find(([part]) => ownNumber(part, uses)) : undefined;
  const part = own && ownNumber(own[0], uses);
  if (own && part) return mul(g, times(g, part.rest, part.number * factor), own[1], x.shape);
  // The number may stand before a change of shape that nothing else reads.
  const before = nodeOf(x, 'Reshape')?.inputs[0];
  const further = before && scaled(g, before, factor, uses);
  return further ? reshape(g, further, x.shape) : null;
}

/** A product of a number and something of the product's own shape. */
function numberAndRest(x: Value): { number: number; rest: Value } | null {
  const [a, b] = nodeOf(x, 'Mul')?.inputs ?? [];
  if (!a || !b) return null;
  if (a.splat !== undefined && sameShape(b.shape, x.shape)) return { number: a.splat, rest: b };
  if (b.splat !== undefined && sameShape(a.shape, x.shape)) return { number: b.splat, rest: a };
  return null;
}

/** The same, where nothing else reads the product. */
const ownNumber = (x: Value, uses: Uses) => (uses(x) === 1 && isFloat(x) ? numberAndRest(x) : null);

/** A condition as 0 and 1 times a number is a choice of that number. */
function chosenNumber(g: Graph, x: Value, factor: number): Value | null {
  const condition = nodeOf(x, 'Cast')?.inputs[0];
  if (condition?.dtype !== 'bool') return null;
  return g.one('Where', [condition, g.scalar(Math.fround(factor)), g.scalar(0)], x);
}

function times(g: Graph, x: Value, factor: number): Value {
  if (factor === -1) return g.one('Neg', [x], x);
  return mul(g, x, g.scalar(Math.fround(factor)), x.shape);
}

/** A reduction keeps its axes, where the shape that follows only puts them back. */
function reshaped(g: Graph, x: Value, shape: Value['shape']): Value {
  for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax'] as const) {
    const found = reductionOf(x, op);
    if (!found || found.keepDims) continue;
    const kept = found.of.shape.map((d, axis) => (found.axes.includes(axis) ? 1 : d));
    if (sameShape(kept, shape)) return reduce(g, op, found.of, found.axes, true);
  }
  return reshape(g, x, shape);
}

interface Reduction {
  readonly of: Value;
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reductionOf(x: Value, op: string): Reduction | null {
  const node = nodeOf(x, op);
  const [of, given] = node?.inputs ?? [];
  if (!node || !of) return null;
  const attribute = node.attributes['axes'];
  const axes =
    given?.source.kind === 'constant'
      ? Array.from(given.source.data, Number)
      : Array.isArray(attribute)
        ? attribute.map(Number)
        : null;
  return axes && { of, axes, keepDims: node.attributes['keepdims'] === 1 };
}

/** A reduction of everything needs no other shape before it. */
function reducedAtOnce(g: Graph, op: string, x: Value, shape: Value['shape']): Value | null {
  const before = nodeOf(x, 'Reshape')?.inputs[0];
  if (!before || shape.length > 0 || sizeOf(x.shape) !== sizeOf(before.shape)) return null;
  return reduce(
    g,
    op,
    before,
    before.shape.map((_, axis) => axis),
    false,
  );
}
