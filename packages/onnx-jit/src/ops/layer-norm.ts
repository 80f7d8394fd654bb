import * as tf from '@tensorflow/tfjs-core';
import { isTracing, runTraceKernel } from '../record/trace-name';

export const LAYER_NORM = 'SerLayerNorm';

/**
 * Layer normalisation over the last axis: (x − mean) / √(variance + ε) · γ + β.
 *
 * @param x [..., features]
 * @param gamma scale, [features]
 * @param beta offset, [features]
 * @param epsilon added to the (biased) variance
 * @returns the shape of x
 */
export function layerNorm<T extends tf.Tensor>(x: T, gamma: tf.Tensor, beta: tf.Tensor, epsilon?: number): T;
export function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  if (isTracing()) {
    const [y] = runTraceKernel(LAYER_NORM, { x, gamma, beta }, { epsilon });
    if (y) return y;
  }
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
}

tf.registerGradient({
  kernelName: LAYER_NORM,
  inputsToSave: ['x', 'gamma'],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved) => {
    const dy = Array.isArray(dys) ? dys[0] : dys;
    const [x, gamma, mean, inverseDeviation] = saved;
    if (!dy || !x || !gamma || !mean || !inverseDeviation) throw new Error('layerNorm: saved tensor missing');
    const rows = x.shape.slice(0, -1).map((_, axis) => axis);
    const normalised = tf.mul(tf.sub(x, mean), inverseDeviation);
    return {
      x: () => {
        const g = tf.mul(dy, gamma);
        const along = tf.mul(normalised, tf.mean(tf.mul(g, normalised), -1, true));
        return tf.mul(inverseDeviation, tf.sub(tf.sub(g, tf.mean(g, -1, true)), along));
      },
      gamma: () => tf.sum(tf.mul(dy, normalised), rows),
      beta: () => tf.sum(dy, rows),
    };
  },
});
