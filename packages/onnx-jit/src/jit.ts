import type * as tf from '@tensorflow/tfjs-core';
import { CompileError } from './errors';
import type { Provider } from './lower/call';
import { argumentTypes, checkAlike, holdTensors, shapeKey, tensorsOf, type TensorTree } from './record/arguments';
import { difference } from './record/compare';
import { recordStep, type RecordedStep } from './record/step';
import { simplify, type Precision, type Target } from './passes/simplify';
import type { Trace } from './record/trace';
import { isTracing } from './record/trace-name';
import { mapTree } from './record/tree';
import { compileStep, type CompiledStep } from './run/compile';
import { initialiseStates } from './run/initialise';
import { compileLoop, runLoop, type CompiledLoop } from './run/loop';
import { runQueued } from './run/queue';
import { createReader } from './run/read-back';
import { runStep } from './run/run-step';
import { createHeldStore } from './run/held-store';
import { createHostStore } from './run/store';
import { inTurn } from './run/turns';

export interface JitOptions {
  /** Where ONNX Runtime computes; 'cpu' when absent. */
  readonly provider?: Provider;
  /** Threads within an operator; one a physical core when absent. */
  readonly threads?: number;
  /**
   * `mixed`: on CUDA, large matrix products round their operands to bfloat16 and sum up in float32; variables, reductions,
   * softmax, norms and sums stay in float32. It takes a card with bfloat16 (Ampere, compute capability 8.0, and later).
   * `float32` when absent.
   */
  readonly precision?: Precision;
  /**
   * On CUDA, whether float32 numbers are multiplied as TF32 (10 bits of fraction, on tensor cores), which is ONNX Runtime's
   * default. It holds for a process: the first compiled function decides, and one that wants the other is an error. In a
   * worker thread, false needs `NVIDIA_TF32_OVERRIDE=0` in the environment of the process.
   */
  readonly tf32?: boolean;
  /**
   * Most graphs that are kept, one for each combination of argument shapes: of more, the one used longest ago is dropped,
   * and compiled again when it is needed. All when absent. Graphs of `many` are not counted.
   */
  readonly maxGraphs?: number;
  /** For profiling: ONNX Runtime writes one trace file a compiled graph with this prefix, when it is disposed of. */
  readonly profile?: string;
}

export interface Compiled<Args extends TensorTree[], Result extends TensorTree> {
  /**
   * Runs the step. The first call with new shapes records and compiles it; the second records again and
   * compares, so that a number that changes between calls is an error. Without the second recording, the first value would be used in every call.
   * Calls of all compiled functions run one after the other, in the order in which they were made. The arguments may be
   * disposed of as soon as the call is made. Returned tensors belong to the caller and live on the current tfjs backend. What
   * was read from a variable's memory (`dataSync` on the CPU backend) holds until the next call: copy it to keep it.
   * A run that fails half way leaves variables that it had written to with their new values.
   */
  (...args: Args): Promise<Result>;
  /**
   * Runs the step once for each batch (the arguments of a call), one after the other, and gives their results: the same
   * as single calls to the last bit, in one call of ONNX Runtime, so that on a GPU the state does not leave it in between.
   * Batches have equal shapes. Tensors that are the same ones in all of them are handed over once, the others stacked,
   * which takes their memory once more.
   *
   * @throws CompileError naming the batch, counted from 0, whose shapes differ
   */
  many(batches: readonly Args[]): Promise<Result[]>;
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
 * @throws CompileError for a kernel without a lowering, a value read inside, a number that changed between calls, or a
 * precision that the provider does not have
 */
export function jit<Args extends TensorTree[], Result extends TensorTree>(
  fn: (...args: Args) => Result,
  options: JitOptions = {},
): Compiled<Args, Result> {
  const { provider = 'cpu', precision = 'float32' } = options;
  if (precision === 'mixed' && provider !== 'cuda')
    throw new CompileError(`precision "mixed" is for CUDA: the provider "${provider}" has no products of bfloat16`);
  return compileFunction(fn, options, provider);
}

/** `jit`, with a graph that is made for `lowered`: tests run what is made for a GPU on the CPU. */
export function compileFunction<Args extends TensorTree[], Result extends TensorTree>(
  fn: (...args: Args) => Result,
  options: JitOptions,
  lowered: Provider,
): Compiled<Args, Result> {
  const { provider = 'cpu', precision = 'float32' } = options;
  const target: Target = { provider: lowered, precision, emulated: provider === 'cpu' };
  const store = lowered === 'cpu' ? createHostStore() : createHeldStore(provider);
  const reader = createReader(provider);
  const steps = new Map<string, CompiledStep>();
  const loops = new Map<string, CompiledLoop[]>();
  const compared = new WeakSet<CompiledStep | CompiledLoop>();

  const record = (args: Args): RecordedStep => recordStep(fn, args, target);

  const compile = async (args: Args, queued = false): Promise<CompiledStep> => {
    const recorded = record(args);
    await initialiseStates(recorded.recorded, store);
    const step = await compileStep(recorded, { ...options, provider, resultsOnDevice: queued });
    steps.set(keyOf(args, queued), step);
    await dropOldest();
    return step;
  };

  const keyOf = (args: Args, queued = false): string => `${queued ? 'queued ' : ''}${shapeKey(argumentTypes(args))}`;
  const compiledFor = (args: Args, queued = false): CompiledStep | undefined => steps.get(keyOf(args, queued));

  /** At the second call with these shapes: what `fn` does must not have changed. */
  const compare = (step: CompiledStep | CompiledLoop, args: Args): void => {
    if (compared.has(step)) return;
    const change = difference(step.recorded, record(args).recorded);
    if (change !== null) throw new CompileError(`the compiled function is not the same at its second call: ${change}`);
    compared.add(step);
  };

  const comparedStep = async (args: Args, queued = false): Promise<CompiledStep> => {
    const known = compiledFor(args, queued);
    if (!known) return compile(args, queued);
    compare(known, args);
    // The latest at the end.
    steps.delete(keyOf(args, queued));
    steps.set(keyOf(args, queued), known);
    return known;
  };

  const run = async (args: Args): Promise<Result> => {
    const step = await comparedStep(args);
    return asResult(step.trace, await runStep(step, tensorsOf(args), store));
  };

  /** The loop for batches like these that takes as shared nothing but what they share. */
  const loopFor = (args: Args, shared: readonly boolean[]): CompiledLoop | undefined =>
    loops.get(keyOf(args))?.find((loop) => loop.shared.every((is, i) => !is || shared[i] === true));

  const compileNewLoop = async (args: Args, shared: readonly boolean[]): Promise<CompiledLoop> => {
    const { recorded } = record(args);
    await initialiseStates(recorded, store);
    const loop = await compileLoop({ recorded, trace: simplify(recorded, target) }, shared, { ...options, provider });
    loops.set(keyOf(args), [...(loops.get(keyOf(args)) ?? []), loop]);
    return loop;
  };

  const runMany = async (batches: readonly Args[]): Promise<Result[]> => {
    checkAlike(batches);
    const [first] = batches;
    if (!first) return [];
    const tensors = batches.map(tensorsOf);
    if (provider === 'webgpu') {
      const step = await comparedStep(first, true);
      const results = await runQueued(step, tensors, store, reader);
      return results.map((own) => asResult(step.trace, own));
    }
    const shared = tensorsOf(first).map(({ dataId }, i) => tensors.every((batch) => batch[i]?.dataId === dataId));
    const known = loopFor(first, shared);
    if (!known && batches.length === 1) return [await run(first)];
    if (known) compare(known, first);
    const loop = known ?? (await compileNewLoop(first, shared));
    const results = await runLoop(loop, tensors, store);
    return results.map((own) => asResult(loop.trace, own));
  };

  const asResult = (trace: Trace, tensors: readonly tf.Tensor[]): Result =>
    mapTree(trace.layout, (i) => tensors[i]) as Result;

  /** Waits for its turn with tensors of its own: the caller may dispose of the arguments meanwhile. */
  const start = async <T extends TensorTree[], R>(args: T, job: (args: T) => Promise<R>): Promise<R> => {
    const held = holdTensors(args);
    try {
      return await inTurn(() => job(held.tensors));
    } finally {
      held.release();
    }
  };

  /** Frees sessions, after the variables have left them. */
  const release = async (compiled: readonly (CompiledStep | CompiledLoop)[]): Promise<void> => {
    await store.sync();
    await store.dispose();
    for (const { session } of compiled) {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    }
  };

  const dropOldest = async (): Promise<void> => {
    const dropped = [...steps].slice(0, Math.max(0, steps.size - Math.max(1, options.maxGraphs ?? Infinity)));
    if (dropped.length === 0) return;
    for (const [key] of dropped) steps.delete(key);
    await release(dropped.map(([, step]) => step));
  };

  const dispose = async (): Promise<void> => {
    await reader.dispose();
    await release([...steps.values(), ...[...loops.values()].flat()]);
    steps.clear();
    loops.clear();
  };

  /** Thrown at once, because a function that is recorded does not wait for promises. */
  const refuseTracing = (): void => {
    if (isTracing())
      throw new CompileError('a compiled function was called inside a compiled function: call the plain one');
  };

  const call = (...args: Args): Promise<Result> => {
    refuseTracing();
    return start(args, run);
  };
  const many = (batches: readonly Args[]): Promise<Result[]> => {
    refuseTracing();
    return start([...batches], runMany);
  };
  return Object.assign(call, {
    many,
    sync: () => inTurn(() => store.sync()),
    compile: (...args: Args) => inTurn(async () => void (compiledFor(args) ?? (await compile(args)))),
    dispose: () => inTurn(dispose),
  });
}
