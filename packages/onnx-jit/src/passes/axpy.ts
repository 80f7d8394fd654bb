import { sameShape, sizeOf, type Graph, type Value } from '../graph/graph';
import { nodeOf, reshape, unary } from '../lower/basic';
import type { Provider } from '../lower/call';

/** Elements below which a product and a sum cost no more than one pass. */
const smallest = 4096;

/**
 * The last step of every optimiser, variable ± scalar · x, as one pass over memory where a product and a sum are two: a
 * convolution by one number, added to what is there, is ONNX Runtime's only CPU kernel that does both. It also lets the
 * new value be written over the old one (`overwrite.ts`).
 *
 * @param sign of `b` in a ± b; a sum may have its variable on either side
 * @returns null where the sum is something else
 */
export function axpy(g: Graph, provider: Provider, a: Value, b: Value, sign: 1 | -1): Value | null {
  if (provider !== 'cpu') return null;
  return variablePlus(g, a, b, sign) ?? (sign === 1 ? variablePlus(g, b, a, 1) : null);
}

function variablePlus(g: Graph, variable: Value, product: Value, sign: 1 | -1): Value | null {
  const { source, shape, dtype } = variable;
  if (source.kind !== 'input' || !source.variable || dtype !== 'float32' || sizeOf(shape) < smallest) return null;
  const factors = nodeOf(product, 'Mul')?.inputs ?? [];
  const scalar = factors.find((v) => v && sizeOf(v.shape) === 1);
  const x = factors.find((v) => v && v !== scalar && sameShape(v.shape, shape));
  if (!scalar || !x) return null;
  const flat = (v: Value): Value => reshape(g, v, [1, 1, sizeOf(v.shape)]);
  const factor = sign === 1 ? scalar : unary(g, 'Neg', scalar);
  const sum = g.one('FusedConv', [flat(x), flat(factor), null, flat(variable)], flat(variable), {}, 'com.microsoft');
  return reshape(g, sum, shape);
}
