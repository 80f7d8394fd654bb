import { onnxType, type Graph, type Value } from '../graph/graph';
import type { Trace } from '../record/trace';
import { rewrite, type Rule } from './rewrite';

/**
 * For tests: a step in mixed precision as it can be run on the CPU, where ONNX Runtime has no product of bfloat16. Operands
 * and results are rounded as they are on a card, the product between them is one of float32.
 */
export const emulateHalf = (trace: Trace): Trace => rewrite(trace, 'cuda', [emulated]).trace;

const emulated: Rule = ({ graph: g, node, inputs }) => {
  const [output] = node.outputs;
  if (output?.dtype !== 'bfloat16') return null;
  const [x] = inputs;
  if (node.op === 'Cast') return x ? rounded(g, x) : null;
  if (!['MatMul', 'Gemm', 'FusedMatMul'].includes(node.op)) return null;
  const single = inputs.map(
    (value) => value && g.one('Cast', [value], { shape: value.shape, dtype: 'float32' }, { to: onnxType.float32 }),
  );
  return rounded(g, g.one(node.op, single, { ...output, dtype: 'float32' }, node.attributes, node.domain));
};

/** ONNX Runtime takes away two casts that follow each other, there and back: hence the other shape between them. */
function rounded(g: Graph, x: Value): Value {
  const { shape } = x;
  const cast = g.one('Cast', [x], { shape, dtype: 'bfloat16' }, { to: onnxType.bfloat16 });
  const moved = g.one('Unsqueeze', [cast, g.int64([0])], { shape: [1, ...shape], dtype: 'bfloat16' });
  return g.one('Squeeze', [moved, g.int64([0])], { shape, dtype: 'bfloat16' });
}
