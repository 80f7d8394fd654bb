import type { Graph, Value } from '../graph/graph';
import { mul, nodeOf, reduce, sub } from '../lower/basic';

/**
 * tfjs writes the gradient of y = softmax(s) as dy·y − y·Σ dy·y, four passes over the scores. Recognised at its
 * last step, it becomes y·(dy − Σ dy·y), and in attention, where o = y·v and dy = do·vᵀ, the sum over the keys
 * is one over the features of the far smaller o: Σ dy·y = Σ do·o.
 *
 * @returns null where a − b is something else
 */
export function softmaxGradient(g: Graph, a: Value, b: Value): Value | null {
  const product = nodeOf(a, 'Mul');
  const scaled = nodeOf(b, 'Mul');
  if (!product || !scaled) return null;
  const [sum, y] = scaled.inputs;
  const total = sum ? nodeOf(sum, 'ReduceSum') : null;
  if (!sum || !y || !total || total.inputs[0] !== a || !product.inputs.includes(y)) return null;
  const last = a.shape.length - 1;
  if (sum.shape[last] !== 1 || a.shape.some((d, i) => i < last && d !== sum.shape[i])) return null;
  const dy = product.inputs.find((v) => v !== y) ?? y;
  return mul(g, y, sub(g, dy, attentionSum(g, dy, y) ?? sum));
}

function attentionSum(g: Graph, dy: Value, y: Value): Value | null {
  const factors = transposedProduct(dy);
  if (!factors) return null;
  const { outputGradient, values } = factors;
  const forward = g.nodes.find((n) => n.op === 'MatMul' && n.inputs[0] === y && n.inputs[1] === values);
  const output = forward?.outputs[0];
  if (!output) return null;
  return reduce(g, 'ReduceSum', mul(g, outputGradient, output), [output.shape.length - 1], true);
}

/** dy = outputGradient · valuesᵀ, in either of the forms that products are lowered to. */
function transposedProduct(dy: Value): { outputGradient: Value; values: Value } | null {
  const fused = nodeOf(dy, 'FusedMatMul');
  const [left, right] = (fused ?? nodeOf(dy, 'MatMul'))?.inputs ?? [];
  if (!left || !right) return null;
  if (fused)
    return fused.attributes['transA'] === 0 && fused.attributes['transB'] === 1
      ? { outputGradient: left, values: right }
      : null;
  const turned = nodeOf(right, 'Transpose')?.inputs[0];
  return turned ? { outputGradient: left, values: turned } : null;
}
