import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { difference, isAssigned, outputsOf } from './record/compare';
import { CompileError } from './errors';
import { sizeOf, type Value } from './graph/graph';
import { runInPlace, writesInPlace } from './run/in-place';
import { nodeOf } from './lower/basic';
import type { Provider } from './lower/call';
import { encodeModel, nameOf, type NamedValue } from './run/serialize';
import { createSession } from './run/session';
import { createStore } from './run/store';
import { arrangeOverwriting } from './passes/overwrite';
import { arrayOf, emptyData, wrapData, wrapTensor } from './run/tensors';
import { isTracing } from './record/trace-name';
import { trace, type ArgumentType, type State, type Trace } from './record/trace';
import { leavesOf, mapTree, type Tree } from './record/tree';

export interface JitOptions {
  /** Where ONNX Runtime computes; 'cpu' when absent. */
  readonly provider?: Provider;
  /** Threads within an operator; one a physical core when absent. */
  readonly threads?: number;
  /** For profiling: ONNX Runtime writes one trace file a compiled graph with this prefix, when it is disposed of. */
  readonly profile?: string;
}

/** A tensor, or tensors in objects and arrays. */
export type TensorTree = Tree<tf.Tensor>;

export interface Compiled<Args extends TensorTree[], Result extends TensorTree> {
  /**
   * Runs the step. The first call with new shapes records and compiles it; the second records again and
   * compares, so that a number that changes between calls is an error and not silently the first one for ever.
   * Calls run one after the other. Returned tensors belong to the caller and live on the current tfjs backend. What
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

/** One recording of the function. */
interface Recording {
  readonly trace: Trace;
  /** The states that may be written over their old values. */
  readonly overwritten: ReadonlySet<State>;
}

interface Entry extends Recording {
  readonly session: ort.InferenceSession;
  /** Names of the inputs that ONNX Runtime still asks for after its optimisation. */
  readonly wanted: ReadonlySet<string>;
  /** Whether results and states are given their memory, or ONNX Runtime makes it. */
  readonly inPlace: boolean;
  /** Whether a second call has recorded the same. */
  verified: boolean;
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
  const provider = options.provider ?? 'cpu';
  const entries = new Map<string, Promise<Entry>>();
  const store = createStore(provider);
  let queue: Promise<unknown> = Promise.resolve();

  const record = (args: Args): Recording => {
    const types = argumentTypes(args);
    const recorded = trace((tensors) => fn(...withLeaves(args, tensors)), types, { provider, inline: false });
    if (provider === 'webgpu') return { trace: recorded, overwritten: new Set() };
    // Shapes are free in memory that is given, and a reshaping at the end would be a copy.
    for (const state of recorded.states) if (isAssigned(state)) state.output = beforeReshape(state.output);
    const assigned = recorded.states.filter(isAssigned);
    return { trace: recorded, overwritten: arrangeOverwriting(assigned, recorded.graph, outputsOf(recorded)) };
  };

  async function build(args: Args): Promise<Entry> {
    const { trace: recorded, overwritten } = record(args);
    await initialise(recorded.states, recorded);
    const outputs = namedOutputs(recorded);
    const inPlace = provider !== 'webgpu' && (await writesInPlace());
    const model = encodeModel(recorded.graph, outputs, { producer: '@ser/onnx-jit', inPlace });
    const onDevice = provider === 'webgpu' ? outputs.filter((o) => o.name.startsWith('next ')).map((o) => o.name) : [];
    const session = await createSession(model, {
      provider,
      threads: options.threads,
      onDevice,
      profile: options.profile,
    });
    return {
      trace: recorded,
      overwritten,
      session,
      wanted: new Set(session.inputNames),
      inPlace,
      verified: false,
    };
  }

  async function entryFor(args: Args, running: boolean): Promise<Entry> {
    const key = argumentTypes(args)
      .map((t) => `${t.name} ${t.dtype} [${t.shape.join()}]`)
      .join('; ');
    const known = entries.get(key);
    if (!known) {
      const built = build(args);
      entries.set(key, built);
      // A failed compilation may be tried again.
      built.catch(() => entries.delete(key));
      return built;
    }
    const entry = await known;
    if (running && !entry.verified) {
      const change = difference(entry.trace, record(args).trace);
      if (change !== null)
        throw new CompileError(`the compiled function is not the same at its second call: ${change}`);
      entry.verified = true;
    }
    return entry;
  }

  async function run(args: Args): Promise<Result> {
    const { trace: recorded, session, wanted, overwritten, inPlace } = await entryFor(args, true);
    const feeds: Record<string, ort.Tensor> = {};
    const feed = (value: Value, tensor: () => ort.Tensor): void => {
      const name = nameOf(value);
      if (wanted.has(name)) feeds[name] = tensor();
    };
    const leaves = leavesOf<tf.Tensor>(args);
    recorded.arguments.forEach((value, i) => {
      const leaf = leaves[i];
      if (leaf) feed(value, () => wrapTensor(leaf.value));
    });
    for (const { tensor, input } of recorded.captures) feed(input, () => wrapTensor(tensor));
    for (const { variable, input } of recorded.states) feed(input, () => store.read(variable));
    if (recorded.graph.zero) feed(recorded.graph.zero, () => new ort.Tensor('float32', new Float32Array(1), []));

    const assigned = recorded.states.filter(isAssigned);
    const targets: Record<string, ort.Tensor | null> = {};
    recorded.results.forEach((value, i) => (targets[resultName(i)] = inPlace ? emptyTensor(value) : null));
    assigned.forEach((state, i) => {
      targets[stateName(i)] = inPlace ? store.target(state.variable, state.output.shape, overwritten.has(state)) : null;
    });
    const results = inPlace ? await runInPlace(session, feeds, targets) : await session.run(feeds, targets);
    const result = (name: string): ort.Tensor => {
      const tensor = results[name];
      if (!tensor) throw new Error(`ONNX Runtime did not deliver "${name}"`);
      return tensor;
    };
    assigned.forEach(({ variable }, i) => store.write(variable, result(stateName(i))));
    const tensors = recorded.results.map((value, i) => toTensor(result(resultName(i)), value));
    return mapTree(recorded.layout, (i) => tensors[i]) as Result;
  }

  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const next = queue.then(job);
    queue = next.catch(() => undefined);
    return next;
  };

  const compiled = (...args: Args): Promise<Result> => {
    if (isTracing())
      throw new CompileError('a compiled function was called inside a compiled function: call the plain one');
    return inTurn(() => run(args));
  };
  return Object.assign(compiled, {
    sync: () => inTurn(() => store.sync()),
    compile: (...args: Args) => inTurn(async () => void (await entryFor(args, false))),
    dispose: () =>
      inTurn(async () => {
        await store.sync();
        store.dispose();
        const built = await Promise.allSettled(entries.values());
        entries.clear();
        for (const entry of built) {
          if (entry.status !== 'fulfilled') continue;
          if (options.profile !== undefined) entry.value.session.endProfiling();
          await entry.value.session.release();
        }
      }),
  });

  /** Gives variables that the function created while it was recorded (an optimiser's moments) their first values. */
  async function initialise(states: readonly State[], { graph }: Trace): Promise<void> {
    const created = states.filter((s): s is State & { initial: Value } => s.initial !== null);
    if (created.length === 0) return;
    const outputs = created.map(({ initial }, i) => ({ name: `initial ${i}`, value: initial }));
    const session = await createSession(encodeModel(graph, outputs, { producer: '@ser/onnx-jit' }), {
      provider: 'cpu',
    });
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of session.inputNames) {
      const state = states.find((s) => nameOf(s.input) === name && s.initial === null);
      if (name === 'zero') feeds[name] = new ort.Tensor('float32', new Float32Array(1), []);
      else if (state) feeds[name] = store.read(state.variable);
      else
        throw new CompileError(
          'a variable is created inside the compiled function from its arguments: create it outside',
        );
    }
    const values = await session.run(feeds);
    created.forEach(({ variable, initial }, i) => {
      const value = values[`initial ${i}`];
      if (value) store.adopt(variable, toTensor(value, initial));
    });
    await session.release();
  }
}

function emptyTensor({ shape, dtype }: Value): ort.Tensor {
  if (dtype === 'int64') throw new Error('unexpected int64 result');
  return wrapData(emptyData(dtype, sizeOf(shape)), dtype, shape);
}

/** What a value was before it got its last shape, if a node made that. */
function beforeReshape(value: Value): Value {
  const inner = nodeOf(value, 'Reshape')?.inputs[0];
  return inner?.source.kind === 'node' ? inner : value;
}

const resultName = (i: number): string => `result ${i}`;
const stateName = (i: number): string => `next ${i}`;

function namedOutputs(recorded: Trace): NamedValue[] {
  const results = recorded.results.map((value, i) => ({ name: resultName(i), value }));
  const states = recorded.states.filter(isAssigned).map(({ output }, i) => ({ name: stateName(i), value: output }));
  return [...results, ...states];
}

function argumentTypes(args: TensorTree): ArgumentType[] {
  return leavesOf<tf.Tensor>(args).map(({ path, value }) => {
    if (!(value instanceof tf.Tensor)) {
      throw new CompileError(
        `argument ${path} of a compiled function is ${typeof value}: give it as a tensor, or it would be baked in`,
      );
    }
    return { name: `argument ${path}`, shape: value.shape, dtype: value.dtype };
  });
}

/** The same tree with other tensors as its leaves. */
function withLeaves<Args extends TensorTree[]>(args: Args, tensors: readonly tf.Tensor[]): Args {
  let i = 0;
  return mapTree<tf.Tensor, tf.Tensor | undefined>(args, () => tensors[i++]) as Args;
}

function toTensor(result: ort.Tensor, { shape, dtype }: Value): tf.Tensor {
  return tf.tensor(arrayOf(result), [...shape], dtype === 'int64' ? 'int32' : dtype);
}
