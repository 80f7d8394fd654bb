import { sameShape, type Attribute, type Graph, type Node, type Value } from '../graph/graph';
import { nodeOf, reshape, transpose } from '../lower/basic';
import type { Provider } from '../lower/call';
import { plain } from './algebra';
import type { Rule, Rewriting } from './rewrite';

/**
 * For a GPU, where a node costs a launch whatever its size: sums and numbers become part of the matrix product they
 * follow (Gemm's C, α and β), turned or negated operands part of the product that reads them.
 */
export const products: Rule = (rewriting) => {
  const { node, inputs, provider } = rewriting;
  const [a, b] = inputs;
  if (provider === 'cpu' || !a) return null;
  switch (node.op) {
    case 'Add':
      return b ? (withAddend(rewriting, a, b) ?? withAddend(rewriting, b, a)) : null;
    case 'Mul':
      return b ? (withFactor(rewriting, a, b) ?? withFactor(rewriting, b, a)) : null;
    case 'Neg':
      return scaledProduct(rewriting, a, -1);
    case 'MatMul':
    case 'Gemm':
    case 'FusedMatMul':
      return withOperands(rewriting);
    default:
      return null;
  }
};

interface Product {
  readonly a: Value;
  readonly b: Value;
  readonly c: Value | null;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  readonly beta: number;
}

const float = (value: Attribute | undefined, otherwise: number): number =>
  typeof value === 'object' && 'float' in value ? value.float : otherwise;

function read(node: Node | null, inputs: readonly (Value | null)[] = node?.inputs ?? []): Product | null {
  const [a, b, c = null] = inputs;
  if (!node || !a || !b) return null;
  const { attributes } = node;
  return {
    a,
    b,
    c,
    transA: attributes['transA'] === 1,
    transB: attributes['transB'] === 1,
    alpha: float(attributes['alpha'], 1),
    beta: float(attributes['beta'], 1),
  };
}

const productOf = (x: Value): Product | null =>
  x.dtype === 'float32' ? read(nodeOf(x, 'Gemm') ?? nodeOf(x, 'MatMul') ?? nodeOf(x, 'FusedMatMul')) : null;

const isMatrix = (x: Value): boolean => x.shape.length === 2;

/** As one node: Gemm of two matrices, MatMul or FusedMatMul of stacks of them; null where there is no such node. */
function write(g: Graph, provider: Provider, p: Product, shape: Value['shape']): Value | null {
  const output = { shape, dtype: 'float32' } as const;
  const plain = !p.transA && !p.transB && p.alpha === 1 && !p.c;
  if (plain) return g.one('MatMul', [p.a, p.b], output);
  const attributes = {
    transA: Number(p.transA),
    transB: Number(p.transB),
    ...(p.alpha === 1 ? {} : { alpha: { float: p.alpha } }),
    ...(p.beta === 1 || !p.c ? {} : { beta: { float: p.beta } }),
  };
  if (isMatrix(p.a) && isMatrix(p.b)) return g.one('Gemm', p.c ? [p.a, p.b, p.c] : [p.a, p.b], output, attributes);
  return provider === 'cuda' && !p.c ? g.one('FusedMatMul', [p.a, p.b], output, attributes, 'com.microsoft') : null;
}

/** Whether ONNX lets `c` be spread over a matrix of this shape. */
const fits = (c: Value, shape: Value['shape']): boolean =>
  c.dtype === 'float32' &&
  c.shape.length <= shape.length &&
  c.shape.every((d, i) => d === 1 || d === shape[i + shape.length - c.shape.length]);

function withAddend({ graph, provider, node, uses }: Rewriting, x: Value, addend: Value): Value | null {
  const [output] = node.outputs;
  const p = productOf(x);
  if (!output || !p || uses(x) !== 1 || !isMatrix(p.a) || !isMatrix(p.b)) return null;
  if (!sameShape(x.shape, output.shape) || !fits(addend, x.shape) || plain(graph, addend).splat === 0) return null;
  if (!p.c) return write(graph, provider, { ...p, c: addend }, x.shape);
  // Of two products that were added up already, the inner one takes what is added to both.
  const inner = p.beta === 1 ? productOf(p.c) : null;
  if (!inner || inner.c || uses(p.c) !== 1 || !isMatrix(inner.a) || !isMatrix(inner.b)) return null;
  const c = write(graph, provider, { ...inner, c: addend }, x.shape);
  return c && sameShape(p.c.shape, x.shape) ? write(graph, provider, { ...p, c }, x.shape) : null;
}

function withFactor(rewriting: Rewriting, x: Value, factor: Value): Value | null {
  const [output] = rewriting.node.outputs;
  if (factor.splat === undefined || !output || !sameShape(x.shape, output.shape)) return null;
  return scaledProduct(rewriting, x, factor.splat);
}

/** x · factor where x is a product that nothing else reads, in whatever shape or order it is then brought into. */
function scaledProduct(rewriting: Rewriting, x: Value, factor: number): Value | null {
  const { graph: g, provider, uses } = rewriting;
  if (uses(x) !== 1) return null;
  const p = productOf(x);
  if (p) return write(g, provider, { ...p, alpha: p.alpha * factor, beta: p.beta * factor }, x.shape);
  const reshaped = nodeOf(x, 'Reshape')?.inputs[0];
  if (reshaped) {
    const inner = scaledProduct(rewriting, reshaped, factor);
    return inner && reshape(g, inner, x.shape);
  }
  const turned = nodeOf(x, 'Transpose');
  const [before] = turned?.inputs ?? [];
  const perm = turned?.attributes['perm'];
  if (!before || !Array.isArray(perm)) return null;
  const inner = scaledProduct(rewriting, before, factor);
  return inner && transpose(g, inner, perm.map(Number));
}

/** A product whose operands were turned round, negated or multiplied by a number for it alone. */
function withOperands({ graph, provider, node, inputs, uses }: Rewriting): Value | null {
  const [output] = node.outputs;
  const p = read(node, inputs);
  if (!output || !p || output.dtype !== 'float32') return null;
  const left = untangle(p.a, uses);
  const right = untangle(p.b, uses);
  if (left.x === p.a && right.x === p.b) return null;
  return write(
    graph,
    provider,
    {
      ...p,
      a: left.x,
      b: right.x,
      transA: p.transA !== left.turned,
      transB: p.transB !== right.turned,
      alpha: p.alpha * left.factor * right.factor,
    },
    output.shape,
  );
}

interface Untangled {
  readonly x: Value;
  readonly factor: number;
  readonly turned: boolean;
}

function untangle(x: Value, uses: (value: Value) => number): Untangled {
  const rank = x.shape.length;
  if (uses(x) === 1) {
    const negated = nodeOf(x, 'Neg')?.inputs[0];
    if (negated) {
      const inner = untangle(negated, uses);
      return { ...inner, factor: -inner.factor };
    }
    const [a, b] = nodeOf(x, 'Mul')?.inputs ?? [];
    if (a && b?.splat !== undefined && sameShape(a.shape, x.shape)) return { x: a, factor: b.splat, turned: false };
    if (b && a?.splat !== undefined && sameShape(b.shape, x.shape)) return { x: b, factor: a.splat, turned: false };
  }
  // A matrix is read turned as fast as it lies: also where others read it turned as well.
  const turn = nodeOf(x, 'Transpose');
  const [inner] = turn?.inputs ?? [];
  const perm = turn?.attributes['perm'];
  const swaps = Array.isArray(perm) && perm.every((p, i) => p === (i < rank - 2 ? i : 2 * rank - 3 - i));
  return inner && swaps ? { x: inner, factor: 1, turned: true } : { x, factor: 1, turned: false };
}
