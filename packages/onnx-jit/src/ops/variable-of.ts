import * as tf from '@tensorflow/tfjs-core';

/** A variable that takes over the tensor's memory: `tf.variable` alone keeps both alive. */
export function variableOf(initial: tf.Tensor, trainable: boolean, name?: string): tf.Variable {
  const variable = tf.variable(initial, trainable, name);
  initial.dispose();
  return variable;
}
