import { CompileError } from '../errors';
import type { Graph, Value } from '../graph/graph';
import { lowerings } from '.';
import type { Provider } from './call';

/** One tfjs kernel as it was called. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attrs: object | undefined;
}

/**
 * Records one tfjs kernel in a graph.
 *
 * @returns its output, or outputs where it has several
 * @throws CompileError where the kernel has no lowering
 */
export function lowerKernel(graph: Graph, provider: Provider, { kernel, inputs, attrs }: KernelCall): Value | Value[] {
  const lowering = lowerings[kernel];
  if (!lowering) {
    const shapes = Object.values(inputs)
      .map((x) => `${x.dtype} [${x.shape}]`)
      .join(', ');
    throw new CompileError(
      `tfjs kernel "${kernel}"${shapes ? ` (of ${shapes})` : ''} cannot be compiled; FEATURES.md lists the kernels that can`,
    );
  }
  graph.kernel = kernel;
  return lowering({ kernel, graph, provider, inputs, attrs: { ...attrs } });
}
