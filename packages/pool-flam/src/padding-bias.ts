import * as tf from '@tensorflow/tfjs-core';

/** Far below any score, yet finite: a row of nothing but padding must not turn into NaN. */
const NEVER = 1e30;

/** What to add to scores: 0 on valid frames, −1e30 on padded ones; the shape of the mask. */
export function paddingBias(mask: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(tf.sub(mask, 1), NEVER);
}
