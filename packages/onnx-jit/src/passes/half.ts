import { Float16Array } from '@petamoriken/float16';
import { add, nodeOf } from '../lower/basic';
import { onnxType, sizeOf, type Graph, type Node, type Value } from '../graph/graph';
import type { Rewriting, Rule } from './rewrite';

/** A type of 16 bits, and what is computed in it. */
export interface Half {
  readonly type: 'bfloat16' | 'float16';
  /** Whether a product or convolution gains from it; whatever it is given is cast. */
  gains(node: Node, inputs: readonly (Value | null)[]): boolean;
  /** Operators that follow a product in it as long as nothing they read must be cast but biases and numbers. */
  readonly following: ReadonlySet<string>;
}

/**
 * Computes products in 16 bits where they gain from it, between two casts. A tensor is cast once for all that read it, a
 * pack of weights as a whole; what goes from product to product is not cast back; numbers are moved first and cast
 * afterwards.
 */
export const inHalf =
  (half: Half): Rule =>
  (rewriting) => {
    const { graph: g, node, inputs } = rewriting;
    const [output] = node.outputs;
    if (output?.dtype !== 'float32') return null;
    if (products.has(node.op)) return half.gains(node, inputs) ? halfProduct(rewriting, half, output.shape) : null;
    const emit = (operands: readonly (Value | null)[]): Value =>
      asSingle(g, g.one(node.op, operands, { ...output, dtype: half.type }, node.attributes, node.domain));
    if (node.op === 'Concat' && inputs.every((x) => x && isHalf(x)))
      return emit(inputs.map((x) => x && asHalf(g, half, x)));
    const [x, ...rest] = inputs;
    if ((node.op === 'Reshape' || node.op === 'Transpose') && x && isHalf(x))
      return emit([asHalf(g, half, x), ...rest]);
    if (!half.following.has(node.op) || !inputs.some((value) => value && isHalf(value))) return null;
    const fits = inputs.every((value) => value && (isHalf(value) || isRow(value)));
    return fits ? emit(inputs.map((value) => value && asHalf(g, half, value))) : null;
  };

const products = new Set(['MatMul', 'Gemm', 'FusedMatMul', 'Conv']);

/** A bias, or one number. */
const isRow = ({ fixed, shape }: Value): boolean => fixed && sizeOf(shape) === (shape.find((d) => d !== 1) ?? 1);

function halfProduct({ graph: g, node, inputs, uses }: Rewriting, half: Half, shape: Value['shape']): Value | null {
  const [a, b, c] = inputs;
  if (!a || !b) return null;
  const product = (...more: readonly Value[]): Value => {
    const operands = [a, b, ...more].map((x) => asHalf(g, half, x));
    return asSingle(g, g.one(node.op, operands, { shape, dtype: half.type }, node.attributes, node.domain));
  };
  if (!c) return product();
  const isBias = sizeOf(c.shape) < sizeOf(shape);
  if (isBias || isHalf(c) || node.attributes['beta'] !== undefined) return product(c);
  // A sum that was in float32 stays there; what is added to it is added up before.
  const [left, right] = uses(c) === 1 ? (nodeOf(c, 'Add')?.inputs ?? []) : [];
  if (left && right && isHalf(left)) return add(g, product(left), right, shape);
  return add(g, product(), c, shape);
}

/** Only move numbers: cast before them what is cast after. */
const movers = new Set(['Reshape', 'Transpose', 'Split', 'Expand']);

function moverOf({ source }: Value): Node | null {
  return source.kind === 'node' && movers.has(source.node.op) ? source.node : null;
}

/** What a value was before it was cast to float32. */
function beforeCast(x: Value): Value | null {
  const [inner] = nodeOf(x, 'Cast')?.inputs ?? [];
  return inner?.dtype === 'bfloat16' || inner?.dtype === 'float16' ? inner : null;
}

/** Whether the value is there in 16 bits already. */
export function isHalf(x: Value): boolean {
  if (beforeCast(x)) return true;
  const [operand] = moverOf(x)?.inputs ?? [];
  return !!operand && isHalf(operand);
}

function asHalf(g: Graph, half: Half, x: Value): Value {
  const before = beforeCast(x);
  if (before) return before;
  const node = moverOf(x);
  const [operand, ...rest] = node?.inputs ?? [];
  if (!node || !operand) return castTo(g, half.type, x);
  const outputs = node.outputs.map(({ shape }) => ({ shape, dtype: half.type }));
  const moved = g.emit(node.op, [asHalf(g, half, operand), ...rest], outputs, node.attributes)[node.outputs.indexOf(x)];
  if (!moved) throw new Error(`${node.op} has no such output`);
  return moved;
}

function castTo(g: Graph, type: Half['type'], x: Value): Value {
  const { source, shape } = x;
  // A weight is written in the type it is read in.
  if (type === 'float16' && source.kind === 'constant') {
    const { buffer } = new Float16Array(Array.from(source.data, Number));
    return g.constant(new Uint16Array(buffer), shape, type);
  }
  return g.one('Cast', [x], { shape, dtype: type }, { to: onnxType[type] });
}

const asSingle = (g: Graph, x: Value): Value =>
  g.one('Cast', [x], { shape: x.shape, dtype: 'float32' }, { to: onnxType.float32 });
