import { CompileError } from './errors';
import type { Provider } from './lower/call';
import { argumentTypes, holdTensors, shapeKey, tensorsOf, type TensorTree } from './record/arguments';
import { difference } from './record/compare';
import { recordStep, type RecordedStep } from './record/step';
import { isTracing } from './record/trace-name';
import { mapTree } from './record/tree';
import { compileStep, type CompiledStep } from './run/compile';
import { initialiseStates } from './run/initialise';
import { runStep } from './run/run-step';
import { createHeldStore } from './run/held-store';
import { createHostStore } from './run/store';
import { inTurn } from './run/turns';

export interface JitOptions {
  /** Where ONNX Runtime computes; 'cpu' when absent. */
  readonly provider?: Provider;
  /** Threads within an operator; one a physical core when absent. */
  readonly threads?: number;
  /** For profiling: ONNX Runtime writes one trace file a compiled graph with this prefix, when it is disposed of. */
  readonly profile?: string;
}

export interface Compiled<Args extends TensorTree[], Result extends TensorTree> {
  /**
   * Runs the step. The first call with new shapes records and compiles it; the second records again and
   * compares, so that a number that changes between calls is an error and not silently the first one for ever.
   * Calls of all compiled functions run one after the other, in the order in which they were made. The arguments may be
   * disposed of as soon as the call is made. Returned tensors belong to the caller and live on the current tfjs backend. What
   * was read from a variable's memory (`dataSync` on the CPU backend) holds until the next call: copy it to keep it.
   * A run that fails half way leaves variables that it had written to with their new values.
   */
  (...args: Args): Promise<Result>;
  /** Brings variables that live on the GPU between steps back to tfjs; nothing to do on the CPU. */
  sync(): Promise<void>;
  /** Compiles for the shapes of these arguments without running. */
  compile(...args: Args): Promise<void>;
  /** Frees the sessions. Variables stay with the caller. */
  dispose(): Promise<void>;
}

/**
 * Compiles a tfjs function to ONNX and runs it in ONNX Runtime: forward pass, gradients, optimiser and all.
 *
 * `fn` is called with tensors that have shapes and no values. What it returns are the results; tf.Variables it
 * reads or assigns (through an optimiser, too) are state. It must be a pure function of its arguments and
 * its variables. One graph is compiled for every combination of argument shapes, and kept.
 *
 * @throws CompileError for a kernel without a lowering, a value read inside, or a number that changed between calls
 */
export function jit<Args extends TensorTree[], Result extends TensorTree>(
  fn: (...args: Args) => Result,
  options: JitOptions = {},
): Compiled<Args, Result> {
  return compileFunction(fn, options, options.provider ?? 'cpu');
}

/** `jit`, with a graph that is made for `lowered`: tests run what is made for a GPU on the CPU. */
export function compileFunction<Args extends TensorTree[], Result extends TensorTree>(
  fn: (...args: Args) => Result,
  options: JitOptions,
  lowered: Provider,
): Compiled<Args, Result> {
  const provider = options.provider ?? 'cpu';
  const store = lowered === 'cpu' ? createHostStore() : createHeldStore(provider);
  const steps = new Map<string, CompiledStep>();
  const compared = new WeakSet<CompiledStep>();

  const record = (args: Args): RecordedStep => recordStep(fn, args, lowered);

  const compile = async (args: Args): Promise<CompiledStep> => {
    const recorded = record(args);
    await initialiseStates(recorded.recorded, store);
    const step = await compileStep(recorded, { ...options, provider });
    steps.set(shapeKey(argumentTypes(args)), step);
    return step;
  };

  const compiledFor = (args: Args): CompiledStep | undefined => steps.get(shapeKey(argumentTypes(args)));

  /** At the second call with these shapes: what `fn` does must not have changed. */
  const compare = (step: CompiledStep, args: Args): void => {
    if (compared.has(step)) return;
    const change = difference(step.recorded, record(args).recorded);
    if (change !== null) throw new CompileError(`the compiled function is not the same at its second call: ${change}`);
    compared.add(step);
  };

  const run = async (args: Args): Promise<Result> => {
    const known = compiledFor(args);
    if (known) compare(known, args);
    const step = known ?? (await compile(args));
    const results = await runStep(step, tensorsOf(args), store);
    return mapTree(step.trace.layout, (i) => results[i]) as Result;
  };

  /** Waits for its turn with tensors of its own: the caller may dispose of the arguments meanwhile. */
  const start = async (args: Args): Promise<Result> => {
    const held = holdTensors(args);
    try {
      return await inTurn(() => run(held.tensors));
    } finally {
      held.release();
    }
  };

  const dispose = async (): Promise<void> => {
    await store.sync();
    store.dispose();
    for (const { session } of steps.values()) {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    }
    steps.clear();
  };

  const call = (...args: Args): Promise<Result> => {
    if (isTracing())
      throw new CompileError('a compiled function was called inside a compiled function: call the plain one');
    return start(args);
  };
  return Object.assign(call, {
    sync: () => inTurn(() => store.sync()),
    compile: (...args: Args) => inTurn(async () => void (compiledFor(args) ?? (await compile(args)))),
    dispose: () => inTurn(dispose),
  });
}
