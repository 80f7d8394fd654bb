import { onnxType, sizeOf, type Graph, type Node, type Value } from '../graph/graph';
import { add, nodeOf } from '../lower/basic';
import type { Trace } from '../record/trace';
import { rewrite, type Rewriting, type Rule } from './rewrite';

/**
 * Mixed precision: the large matrix products are done on operands rounded to bfloat16, forward and backward, and summed
 * up in float32 by the card's tensor cores. What is left stays in float32: states, and with them the weights that the
 * optimiser changes, reductions, softmax, norms, losses, and sums that are carried from layer to layer.
 *
 * bfloat16 rather than float16, because it has float32's range: gradients do not fade to 0 and activations do not
 * overflow, so losses need no scale and no step is thrown away. ONNX Runtime's CUDA provider has MatMul, Gemm and
 * FusedMatMul for it, and all that moves numbers; of opset 17 it has no convolution, and none of the gradients of one:
 * convolutions stay in float32.
 *
 * A tensor is cast once for all products that read it, a pack of weights as a whole, and what goes from product to
 * product is not cast back.
 */
export const mixedPrecision = (trace: Trace): Trace => rewrite(trace, 'cuda', [mixed]).trace;

const half = 'bfloat16';

const mixed: Rule = (rewriting) => {
  const { graph: g, node, inputs } = rewriting;
  const [output] = node.outputs;
  if (output?.dtype !== 'float32') return null;
  if (products.has(node.op) && pays(node, inputs)) return halfProduct(rewriting, output.shape);
  // Move first, cast afterwards: once for all that read it, and not at all for a product.
  if (node.op === 'Concat' && inputs.every((x) => x && isHalf(x))) {
    const together = inputs.map((x) => x && asHalf(g, x));
    return asSingle(g, g.one('Concat', together, { ...output, dtype: half }, node.attributes));
  }
  const [x, ...rest] = inputs;
  if ((node.op !== 'Reshape' && node.op !== 'Transpose') || !x || !isHalf(x)) return null;
  return asSingle(g, g.one(node.op, [asHalf(g, x), ...rest], { ...output, dtype: half }, node.attributes));
};

const products = new Set(['MatMul', 'Gemm', 'FusedMatMul']);

/**
 * To cast a number costs a card about as much as this many multiplications that are done twice as fast: where both
 * operands and the result must be cast, and where an operand is there in bfloat16 already.
 */
const multiplicationsForCast = { both: 128, one: 16 };

/** Of a product of [m, k] and [k, n], 1/m + 1/k + 1/n numbers may have to be cast for each multiplication. */
function pays({ attributes, outputs }: Node, [a, b]: readonly (Value | null)[]): boolean {
  const [output] = outputs;
  if (!a || !b || !output) return false;
  const columns = output.shape.at(-1) ?? 1;
  const inner = (attributes['transA'] === 1 ? a.shape.at(-2) : a.shape.at(-1)) ?? 1;
  // One matrix for the whole stack: a product of one tall matrix.
  const rows = b.shape.length === 2 ? sizeOf(output.shape) / columns : (output.shape.at(-2) ?? 1);
  const enough = isHalf(a) || isHalf(b) ? multiplicationsForCast.one : multiplicationsForCast.both;
  return 1 / rows + 1 / inner + 1 / columns <= 1 / enough;
}

function halfProduct({ graph: g, node, inputs, uses }: Rewriting, shape: Value['shape']): Value | null {
  const [a, b, c] = inputs;
  if (!a || !b) return null;
  const product = (...more: readonly Value[]): Value => {
    const operands = [a, b, ...more].map((x) => asHalf(g, x));
    return asSingle(g, g.one(node.op, operands, { shape, dtype: half }, node.attributes, node.domain));
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
  return inner?.dtype === half ? inner : null;
}

/** Whether the value is there in bfloat16 already. */
function isHalf(x: Value): boolean {
  if (beforeCast(x)) return true;
  const [operand] = moverOf(x)?.inputs ?? [];
  return !!operand && isHalf(operand);
}

function asHalf(g: Graph, x: Value): Value {
  const before = beforeCast(x);
  if (before) return before;
  const node = moverOf(x);
  const [operand, ...rest] = node?.inputs ?? [];
  if (!node || !operand) return g.one('Cast', [x], { shape: x.shape, dtype: half }, { to: onnxType[half] });
  const outputs = node.outputs.map(({ shape }) => ({ shape, dtype: half }) as const);
  const moved = g.emit(node.op, [asHalf(g, operand), ...rest], outputs, node.attributes)[node.outputs.indexOf(x)];
  if (!moved) throw new Error(`${node.op} has no such output`);
  return moved;
}

const asSingle = (g: Graph, x: Value): Value =>
  g.one('Cast', [x], { shape: x.shape, dtype: 'float32' }, { to: onnxType.float32 });
