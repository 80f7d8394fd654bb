import * as tf from '@tensorflow/tfjs-core';

/**
 * x·Wᵀ + b.
 *
 * @param x [rows, in]
 * @param weight [out, in], the layout of checkpoints
 * @param bias [out]
 * @returns [rows, out]
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor2D {
  const y = tf.matMul<tf.Tensor2D>(x, weight, false, true);
  return bias ? tf.add(y, bias) : y;
}
