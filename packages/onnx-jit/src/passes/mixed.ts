import { sizeOf, type Node, type Value } from '../graph/graph';
import type { Trace } from '../record/trace';
import { inHalf, isHalf } from './half';
import { rewrite } from './rewrite';

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
 * Products of losses stay there because they are short: scores of frames in a space of 64 dimensions.
 */
export const mixedPrecision = (trace: Trace): Trace =>
  rewrite(trace, 'cuda', [inHalf({ type: 'bfloat16', gains, following: new Set() })]).trace;

/**
 * To cast a number costs a card about as much as this many multiplications that are done twice as fast: where both
 * operands and the result must be cast, and where an operand is there in bfloat16 already.
 */
const multiplicationsForCast = { both: 128, one: 16 };

/** Of a product of [m, k] and [k, n], 1/m + 1/k + 1/n numbers may have to be cast for each multiplication. */
function gains({ op, attributes, outputs }: Node, [a, b]: readonly (Value | null)[]): boolean {
  const [output] = outputs;
  if (op === 'Conv' || !a || !b || !output) return false;
  const columns = output.shape.at(-1) ?? 1;
  const inner = (attributes['transA'] === 1 ? a.shape.at(-2) : a.shape.at(-1)) ?? 1;
  // One matrix for the whole stack: a product of one tall matrix.
  const rows = b.shape.length === 2 ? sizeOf(output.shape) / columns : (output.shape.at(-2) ?? 1);
  const enough = isHalf(a) || isHalf(b) ? multiplicationsForCast.one : multiplicationsForCast.both;
  return 1 / rows + 1 / inner + 1 / columns <= 1 / enough;
}
