import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';

/**
 * Kullback–Leibler divergence of the predicted from the target distribution (paper, Eq. 6), mean over the batch:
 *
 *     L = (1 / B) Σ_b Σ_c y_bc (log y_bc − log softmax(logits)_bc),   0 · log 0 = 0
 *
 * @param logits [batch, classes], float32
 * @param targets y [batch, classes], float32: each row a distribution
 * @returns a scalar
 * @throws InputError if a shape or type is wrong.
 */
export function klDivergence(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  check({
    logits: { tensor: logits, axes: ['batch', 'classes'] },
    targets: { tensor: targets, axes: ['batch', 'classes'], sizes: logits.shape },
  });
  return tf.tidy(() => {
    // The floor keeps log finite at 0, where the product is 0; no target that matters is under it.
    const logTargets = tf.log(tf.maximum(targets, 1e-30));
    return tf.mean<tf.Scalar>(tf.sum(tf.mul(targets, tf.sub(logTargets, tf.logSoftmax(logits))), 1));
  });
}
