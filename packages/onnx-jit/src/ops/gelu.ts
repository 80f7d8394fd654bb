import * as tf from '@tensorflow/tfjs-core';
import { isTracing, runTraceKernel } from '../record/trace-name';

export const GELU = 'SerGelu';

/**
 * Exact Gaussian error linear unit, x·Φ(x) with Φ the standard normal distribution (not the tanh approximation).
 *
 * @param x any shape
 * @returns the same shape
 */
export function gelu<T extends tf.Tensor>(x: T): T;
export function gelu(x: tf.Tensor): tf.Tensor {
  if (isTracing()) {
    const [y] = runTraceKernel(GELU, { x });
    if (y) return y;
  }
  return tf.mul(x, normalCdf(x));
}

const normalCdf = (x: tf.Tensor): tf.Tensor => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

tf.registerGradient({
  kernelName: GELU,
  inputsToSave: ['x'],
  gradFunc: (dy, saved) => {
    const [x] = saved;
    if (!x || Array.isArray(dy)) throw new Error('gelu: saved input missing');
    // d/dx xΦ(x) = Φ(x) + xφ(x)
    return {
      x: () => {
        const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, density)));
      },
    };
  },
});
