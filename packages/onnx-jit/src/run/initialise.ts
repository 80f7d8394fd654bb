import type * as ort from '#onnxruntime';
import { CompileError } from '../errors';
import type { Value } from '../graph/graph';
import type { State, Trace } from '../record/trace';
import { encodeModel, nameOf } from './serialize';
import { createSession } from './session';
import type { Store } from './store';
import { toTensor, zero } from './tensors';

type CreatedState = State & { readonly initial: Value };

/**
 * Gives variables that the function created while it was recorded (an optimiser's moments) their first values.
 *
 * @throws CompileError where a first value depends on an argument
 */
export async function initialiseStates({ graph, states }: Trace, store: Store): Promise<void> {
  const created = states.filter((s): s is CreatedState => s.initial !== null);
  if (created.length === 0) return;
  const outputs = created.map(({ initial }, i) => ({ name: `initial ${i}`, value: initial }));
  const session = await createSession(encodeModel(graph, outputs, { producer: '@ser/onnx-jit' }), { provider: 'cpu' });
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of session.inputNames) {
    const state = states.find((s) => nameOf(s.input) === name && s.initial === null);
    if (name === 'zero') feeds[name] = zero();
    else if (state) feeds[name] = await store.read([state.variable], state.input.shape);
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
