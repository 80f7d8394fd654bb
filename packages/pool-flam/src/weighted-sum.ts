import * as tf from '@tensorflow/tfjs-core';

/** Σ_t weights[b, t] · frames[b, t, :], [batch, features]. */
export function weightedSum(weights: tf.Tensor2D, frames: tf.Tensor3D): tf.Tensor2D {
  const [batch, , features] = frames.shape;
  return tf.reshape(tf.matMul(tf.expandDims(weights, 1), frames), [batch, features]);
}
