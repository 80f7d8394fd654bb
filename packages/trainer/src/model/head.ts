import * as tf from '@tensorflow/tfjs';

/** Everything on top of the encoder, by name. */
export type Head = ReadonlyMap<string, tf.Variable>;

export function variableIn(head: Head, name: string): tf.Variable {
  const variable = head.get(name);
  if (!variable) throw new Error(`the model has no parameter "${name}"`);
  return variable;
}

/** Gives a variable its values, row-major. */
export function assignIn(head: Head, name: string, values: Iterable<number>): void {
  const variable = variableIn(head, name);
  tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(values), variable.shape)));
}
