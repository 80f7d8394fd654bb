import * as tf from '@tensorflow/tfjs';
import { isTracing, runTraceKernel } from '../trace-name';

export const AXPY = 'SerAxpy';

/**
 * a·x + y, one pass over memory in a graph for the CPU where a product and a sum are two. Without a gradient: it is
 * made for the updates of optimisers.
 *
 * @param a scalar
 * @param x any shape
 * @param y the shape of x
 */
export function axpy(a: tf.Tensor, x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (isTracing()) {
    const [sum] = runTraceKernel(AXPY, { a, x, y });
    if (sum) return sum;
  }
  return tf.add(tf.mul(a, x), y);
}
