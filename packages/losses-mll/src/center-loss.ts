import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';
import { oneHot } from './one-hot';

/**
 * Center loss (paper, Eq. 8): the mean squared distance of an embedding from its class's center,
 *
 *     L = (1 / B) Σ_b ‖z_b − c_{y_b}‖²
 *
 * with gradients for the embeddings and for the centers, which learn like any other parameter.
 *
 * @param embeddings z [batch, dimensions], float32
 * @param labels y [batch], int32: the dominant class, 0 … classes − 1
 * @param centers c [classes, dimensions], float32
 * @returns a scalar
 * @throws InputError if a shape or type is wrong.
 */
export function centerLoss(embeddings: tf.Tensor2D, labels: tf.Tensor1D, centers: tf.Tensor2D): tf.Scalar {
  const [batch, dimensions] = embeddings.shape;
  check({
    embeddings: { tensor: embeddings, axes: ['batch', 'dimensions'] },
    labels: { tensor: labels, axes: ['batch'], sizes: [batch], dtype: 'int32' },
    centers: { tensor: centers, axes: ['classes', 'dimensions'], sizes: [null, dimensions] },
  });
  return tf.tidy(() => {
    // A product with one-hot rows instead of a gather: its gradient is a product too, not a scatter.
    const own = tf.matMul(oneHot(labels, centers.shape[0]), centers);
    return tf.mean<tf.Scalar>(tf.sum(tf.square(tf.sub(embeddings, own)), 1));
  });
}
