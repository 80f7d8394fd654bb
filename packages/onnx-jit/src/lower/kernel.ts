import { CompileError } from '../errors';
import type { Graph, Value } from '../graph/graph';
import { lowerings } from '.';
import type { Provider } from './call';
import { complexKernels, isComplex, lowerComplex, typeOf, type Recorded } from './complex';

/** One tfjs kernel as it was called. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly attrs: object | undefined;
}

export const canLower = (kernel: string): boolean => kernel in lowerings || complexKernels.has(kernel);

/**
 * Records one tfjs kernel in a graph.
 *
 * @returns its output, or outputs where it has several
 * @throws CompileError where the kernel has no lowering
 */
export function lowerKernel(graph: Graph, provider: Provider, call: KernelCall): Recorded | Recorded[] {
  const { kernel } = call;
  const attrs = { ...call.attrs };
  graph.kernel = kernel;
  const lowerReal = (inputs: Readonly<Record<string, Value>>): Value | Value[] => {
    const lowering = lowerings[kernel];
    if (!lowering) throw missing(call);
    return lowering({ kernel, graph, provider, inputs, attrs });
  };
  const made = lowerComplex({ kernel, graph, provider, inputs: call.inputs, attrs }, lowerReal);
  if (made) return made;
  return lowerReal(
    Object.fromEntries(Object.entries(call.inputs).flatMap(([name, x]) => (isComplex(x) ? [] : [[name, x]]))),
  );
}

function missing({ kernel, inputs }: KernelCall): CompileError {
  const types = Object.values(inputs)
    .map(typeOf)
    .map(({ shape, dtype }) => `${dtype} [${shape}]`)
    .join(', ');
  return new CompileError(
    `tfjs kernel "${kernel}"${types ? ` (of ${types})` : ''} cannot be compiled; FEATURES.md lists the kernels that can`,
  );
}
