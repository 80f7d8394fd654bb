import * as ort from '#onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import type { Trace } from '../record/trace';
import { sizeOf } from '../graph/graph';
import type { CompileOptions } from './compile';
import { encodeLoop, firstName, stackedName, tripName } from './encode-loop';
import { runInPlace, writesInPlace } from './in-place';
import { stepOutputs, variablesOf } from './outputs';
import { nameOf } from './serialize';
import { createSession } from './session';
import type { Store } from './store';
import { emptyData, emptyTensor, toTensor, wrapData, wrapTensor, zero } from './tensors';

/** A step compiled so that several run in one call of its session; see `encodeLoop`. */
export interface CompiledLoop {
  readonly recorded: Trace;
  readonly trace: Trace;
  /** Per argument, whether it is the same in all steps. */
  readonly shared: readonly boolean[];
  readonly session: ort.InferenceSession;
  readonly wanted: ReadonlySet<string>;
  readonly inPlace: boolean;
}

export async function compileLoop(
  step: Pick<CompiledLoop, 'recorded' | 'trace'>,
  shared: readonly boolean[],
  options: CompileOptions,
): Promise<CompiledLoop> {
  const inPlace = options.provider !== 'webgpu' && (await writesInPlace());
  const model = encodeLoop(step.trace, shared, { producer: '@ser/onnx-jit', inPlace });
  const session = await createSession(model, options);
  return { ...step, shared, session, wanted: new Set(session.inputNames), inPlace };
}

/**
 * Runs a step once for each batch, in one call of the session, and writes the states after the last back to `store`.
 *
 * @param batches for each step, one tensor for each argument of the trace
 * @returns for each step, one tensor for each result; they belong to the caller
 */
export async function runLoop(
  loop: CompiledLoop,
  batches: readonly (readonly tf.Tensor[])[],
  store: Store,
): Promise<tf.Tensor[][]> {
  const { trace, session, inPlace } = loop;
  const { results, states } = stepOutputs(trace);
  const stacked = results.map(({ name, value }) => ({
    name,
    value: { ...value, shape: [batches.length, ...value.shape] },
  }));
  const feeds = await feedsOf(loop, batches, store);
  const targets: Record<string, ort.Tensor | null> = {};
  for (const { name, value } of stacked) targets[name] = inPlace ? emptyTensor(value) : null;
  for (const { name, value, state } of states)
    targets[name] = inPlace ? store.target(variablesOf(state), value.shape, false) : null;

  const outputs = inPlace ? await runInPlace(session, feeds, targets) : await session.run(feeds, targets);
  const output = (name: string): ort.Tensor => {
    const tensor = outputs[name];
    if (!tensor) throw new Error(`ONNX Runtime did not deliver "${name}"`);
    return tensor;
  };
  for (const { name, state } of states) store.write(variablesOf(state), output(name));
  const perResult = stacked.map(({ name, value }) => tf.tidy(() => tf.unstack(toTensor(output(name), value))));
  return batches.map((_, i) => perResult.flatMap((tensors) => tensors[i] ?? []));
}

async function feedsOf(
  { trace, wanted, shared }: CompiledLoop,
  batches: readonly (readonly tf.Tensor[])[],
  store: Store,
) {
  const feeds: Record<string, ort.Tensor> = {};
  const feed = (name: string, tensor: () => ort.Tensor): void => {
    if (wanted.has(name)) feeds[name] = tensor();
  };
  feed(tripName, () => new ort.Tensor('int64', BigInt64Array.of(BigInt(batches.length)), []));
  trace.arguments.forEach((value, i) => {
    const tensors = batches.flatMap((batch) => batch[i] ?? []);
    const [first] = tensors;
    if (!first) return;
    if (shared[i] === true) feed(nameOf(value), () => wrapTensor(first));
    else feed(stackedName(nameOf(value)), () => stack(tensors));
  });
  for (const { tensor, input } of trace.captures) feed(nameOf(input), () => wrapTensor(tensor));
  if (trace.graph.zero) feed(nameOf(trace.graph.zero), zero);
  for (const state of [...trace.states, ...trace.packs]) {
    const own = nameOf(state.input);
    const name = wanted.has(firstName(own)) ? firstName(own) : own;
    if (wanted.has(name)) feeds[name] = await store.read(variablesOf(state), state.input.shape);
  }
  return feeds;
}

/** Tensors of one type and shape along a new first axis. */
function stack(tensors: readonly tf.Tensor[]): ort.Tensor {
  const [first] = tensors;
  if (!first) throw new Error('nothing to stack');
  const numbers = emptyData(first.dtype, tensors.length * sizeOf(first.shape));
  tensors.forEach((tensor, i) => numbers.set(tensor.dataSync(), i * tensor.size));
  return wrapData(numbers, first.dtype, [tensors.length, ...first.shape]);
}
