import * as tf from '@tensorflow/tfjs-core';

/** Squared length under which a row counts as zero. */
const ZERO = 1e-24;

/**
 * Rows scaled to length 1, z_i = x_i / ‖x_i‖, with the gradient (g − z (z · g)) / ‖x‖. A zero row has no direction: it
 * stays zero and receives no gradient, where the usual x / max(‖x‖, ε) would hand it one of 1 / ε.
 *
 * @param rows [rows, dimensions], float32
 */
export function normalizeRows(rows: tf.Tensor2D): tf.Tensor2D {
  const normalizeWithGradient = tf.customGrad((x, save) => {
    const squared = tf.sum(tf.square(x as tf.Tensor), 1, true);
    const nonzero = tf.cast(tf.greater(squared, ZERO), 'float32');
    // Zero rows are divided by 1 and then multiplied by 0: nothing meets 0 / 0.
    const inverse = tf.div(nonzero, tf.sqrt(tf.add(squared, tf.sub(1, nonzero))));
    const value = tf.mul(x as tf.Tensor, inverse);
    (save as tf.GradSaveFunc)([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [z, scale] = saved as [tf.Tensor, tf.Tensor];
      return tf.mul(scale, tf.sub(dy, tf.mul(z, tf.sum(tf.mul(z, dy), 1, true))));
    };
    return { value, gradFunc };
  });
  return normalizeWithGradient(rows) as tf.Tensor2D;
}
