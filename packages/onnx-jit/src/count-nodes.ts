import { reachable } from './graph/graph';
import type { Provider } from './lower/call';
import type { Precision } from './passes/simplify';
import type { TensorTree } from './record/arguments';
import { outputsOf } from './record/compare';
import { recordStep } from './record/step';

/**
 * How many nodes one call of `jit(fn, { provider })` runs, without running it: what a GPU's time goes by where tensors are
 * small. Nodes of constants alone are not counted: ONNX Runtime computes them once, when it opens the graph.
 *
 * @throws CompileError as the compiled function does
 */
export function countNodes<Args extends TensorTree[]>(
  fn: (...args: Args) => TensorTree,
  args: Args,
  provider: Provider,
  precision: Precision = 'float32',
): number {
  const { trace } = recordStep(fn, args, { provider, precision, emulated: false });
  const nodes = reachable(trace.graph, outputsOf(trace));
  return nodes.filter((node) => node.outputs.some((value) => !value.fixed)).length;
}
