import { attributeType } from '../proto/schema';
import type { Message } from '../proto/message';
import type { Trace } from '../record/trace';
import { stepOutputs } from './outputs';
import { describeValue, encodeGraph, encodeParts, nameOf, type ModelOptions } from './serialize';

/** The input that says how many steps to run. */
export const tripName = 'steps';
/** What is read in one step, of all steps: stacked along a new first axis. */
export const stackedName = (name: string): string => `all ${name}`;
/** A state as it is before the first step. */
export const firstName = (name: string): string => `first ${name}`;

/**
 * A step as the body of an ONNX Loop, so that several run in one call of the session: the states that change are carried
 * from one to the next, arguments come stacked or once for all, results leave stacked. Inputs and outputs are named as
 * those of the single step, with the prefixes above.
 *
 * @param shared per argument, whether it is the same in all steps
 */
export function encodeLoop(trace: Trace, shared: readonly boolean[], options: ModelOptions): Uint8Array {
  const { results, states } = stepOutputs(trace);
  const within = <T extends { readonly name: string }>(output: T): T => ({ ...output, name: `step ${output.name}` });
  const { nodes, weights, inputs } = encodeParts(trace.graph, [...results, ...states].map(within));
  const carried = new Set(states.map(({ state }) => state.input));
  const stacked = new Set(trace.arguments.filter((value, i) => shared[i] !== true && inputs.includes(value)));

  // Names in a body must differ from those around it: the body keeps the step's, the model around it has its own.
  const body: Message<'GraphProto'> = {
    name: 'step',
    node: [
      { opType: 'Identity', input: ['go on'], output: ['go on after'] },
      ...[...stacked].map((value): Message<'NodeProto'> => ({
        name: `batch#${nameOf(value)}`,
        opType: 'Gather',
        input: [stackedName(nameOf(value)), 'step'],
        output: [nameOf(value)],
        attribute: [{ name: 'axis', type: attributeType.int, i: 0n }],
      })),
      ...nodes,
    ],
    initializer: weights,
    input: [
      describeValue('step', { shape: [], dtype: 'int64' }),
      describeValue('go on', { shape: [], dtype: 'bool' }),
      ...states.map(({ state }) => describeValue(nameOf(state.input), state.input)),
    ],
    output: [
      describeValue('go on after', { shape: [], dtype: 'bool' }),
      ...[...states, ...results].map(within).map(({ name, value }) => describeValue(name, value)),
    ],
  };
  const varying = { 0: 'steps' };
  const loop: Message<'NodeProto'> = {
    name: 'steps',
    opType: 'Loop',
    input: [tripName, '', ...states.map(({ state }) => firstName(nameOf(state.input)))],
    output: [...states, ...results].map(({ name }) => name),
    attribute: [{ name: 'body', type: attributeType.graph, g: body }],
  };
  return encodeGraph(
    {
      name: 'jit',
      node: [loop],
      input: [
        describeValue(tripName, { shape: [], dtype: 'int64' }),
        ...states.map(({ state }) => describeValue(firstName(nameOf(state.input)), state.input)),
        ...[...stacked].map((value) =>
          describeValue(stackedName(nameOf(value)), { ...value, shape: [0, ...value.shape] }, varying),
        ),
        ...inputs
          .filter((value) => !carried.has(value) && !stacked.has(value))
          .map((value) => describeValue(nameOf(value), value)),
      ],
      output: [
        ...states.map(({ name, value }) => describeValue(name, value)),
        ...results.map(({ name, value }) => describeValue(name, { ...value, shape: [0, ...value.shape] }, varying)),
      ],
    },
    options,
  );
}
