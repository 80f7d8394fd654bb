import type * as ort from '#onnxruntime';
import type * as tf from '@tensorflow/tfjs-core';
import type { Value } from '../graph/graph';
import { isAssigned } from '../record/compare';
import type { CompiledStep } from './compile';
import { runInPlace } from './in-place';
import { stepOutputs, variablesOf } from './outputs';
import { nameOf } from './serialize';
import type { Store } from './store';
import { emptyTensor, toTensor, wrapTensor, zero } from './tensors';

/**
 * Runs a compiled step once and writes the new states back to `store`.
 *
 * @param args one tensor for each argument of the trace
 * @returns one tensor for each result of the trace; they belong to the caller
 */
export async function runStep(step: CompiledStep, args: readonly tf.Tensor[], store: Store): Promise<tf.Tensor[]> {
  const results = await runKeepingResults(step, args, store);
  return step.trace.results.flatMap((value, i) => {
    const result = results[i];
    return result ? [toTensor(result, value)] : [];
  });
}

/** `runStep`, with the results as ONNX Runtime leaves them. */
export async function runKeepingResults(
  step: CompiledStep,
  args: readonly tf.Tensor[],
  store: Store,
): Promise<ort.Tensor[]> {
  const { trace, session, overwritten, inPlace } = step;
  const { results, states } = stepOutputs(trace);
  const feeds = await feedsOf(step, args, store);
  const targets: Record<string, ort.Tensor | null> = {};
  for (const { name, value } of results) targets[name] = inPlace ? emptyTensor(value) : null;
  for (const { name, value, state } of states) {
    targets[name] = inPlace ? store.target(variablesOf(state), value.shape, overwritten.has(state)) : null;
  }

  const outputs = inPlace ? await runInPlace(session, feeds, targets) : await session.run(feeds, targets);
  const output = (name: string): ort.Tensor => {
    const tensor = outputs[name];
    if (!tensor) throw new Error(`ONNX Runtime did not deliver "${name}"`);
    return tensor;
  };
  for (const { name, state } of states) store.write(variablesOf(state), output(name));
  return results.map(({ name }) => output(name));
}

/** The inputs that the session asks for. */
async function feedsOf({ trace, wanted }: CompiledStep, args: readonly tf.Tensor[], store: Store) {
  const feeds: Record<string, ort.Tensor> = {};
  const feed = (value: Value, tensor: () => ort.Tensor): void => {
    const name = nameOf(value);
    if (wanted.has(name)) feeds[name] = tensor();
  };
  trace.arguments.forEach((value, i) => {
    const tensor = args[i];
    if (tensor) feed(value, () => wrapTensor(tensor));
  });
  for (const { tensor, input } of trace.captures) feed(input, () => wrapTensor(tensor));
  if (trace.graph.zero) feed(trace.graph.zero, zero);
  const unchanged = trace.states.filter((state) => !isAssigned(state) && wanted.has(nameOf(state.input)));
  await store.settle(unchanged.map((state) => ({ variables: variablesOf(state), shape: state.input.shape })));
  for (const state of [...trace.states, ...trace.packs]) {
    const name = nameOf(state.input);
    if (wanted.has(name)) feeds[name] = await store.read(variablesOf(state), state.input.shape);
  }
  return feeds;
}
