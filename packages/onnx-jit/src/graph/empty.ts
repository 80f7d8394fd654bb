import { makeData, sizeOf, type Graph, type OutputType, type Value } from './graph';

/** Operators whose result is a sum of products: over nothing it is 0. */
const sums = new Set([
  'MatMul',
  'Gemm',
  'FusedMatMul',
  'Einsum',
  'Conv',
  'ConvTranspose',
  'ReduceSum',
  'ReduceSumSquare',
]);

/**
 * What a node makes of nothing, known without running it: ONNX Runtime's kernels divide by the sizes of empty tensors,
 * never return, or leave memory in their results that was not set.
 *
 * @returns null where the node has something to compute
 */
export function ofNothing(
  g: Graph,
  op: string,
  inputs: readonly (Value | null)[],
  outputs: readonly OutputType[],
): Value[] | null {
  if (outputs.every((o) => sizeOf(o.shape) === 0)) {
    return outputs.map(({ shape, dtype }) => g.constant(makeData(dtype, []), shape, dtype));
  }
  const [output] = outputs;
  // The last inputs of a reduction are axes, an empty list of which means something.
  const operands = op === 'ReduceSum' ? inputs.slice(0, 1) : inputs;
  if (!output || !sums.has(op) || !operands.some((v) => v && sizeOf(v.shape) === 0)) return null;
  return [g.fill(0, output.shape, output.dtype)];
}
