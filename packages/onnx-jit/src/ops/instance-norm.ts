import * as tf from '@tensorflow/tfjs-core';
import { isTracing, runTraceKernel } from '../record/trace-name';

export const INSTANCE_NORM = 'SerInstanceNorm';

/**
 * Instance normalisation over time: every channel of every example by its own mean and variance, which is
 * group normalisation with as many groups as channels.
 *
 * @param x [batch, channels, time]; padding changes the result, so pad no such batch
 * @param gamma scale, [channels]
 * @param beta offset, [channels]
 * @param epsilon added to the (biased) variance
 * @returns [batch, channels, time]
 */
export function instanceNorm(x: tf.Tensor3D, gamma: tf.Tensor1D, beta: tf.Tensor1D, epsilon = 1e-5): tf.Tensor3D {
  if (isTracing()) {
    const [y] = runTraceKernel(INSTANCE_NORM, { x, gamma, beta }, { epsilon });
    if (y) return tf.reshape(y, x.shape);
  }
  const { normalised } = normalise(x, epsilon);
  return tf.add(tf.mul(normalised, perChannel(gamma)), perChannel(beta));
}

const perChannel = (v: tf.Tensor): tf.Tensor3D => tf.reshape(v, [1, -1, 1]);

function normalise(x: tf.Tensor, epsilon: number): { normalised: tf.Tensor; inverseDeviation: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normalised: tf.mul(centred, inverseDeviation), inverseDeviation };
}

tf.registerGradient({
  kernelName: INSTANCE_NORM,
  inputsToSave: ['x', 'gamma'],
  gradFunc: (dy, saved, attrs) => {
    const [x, gamma] = saved;
    if (!x || !gamma || Array.isArray(dy)) throw new Error('instanceNorm: saved input missing');
    const { normalised, inverseDeviation } = normalise(x, Number(attrs['epsilon']));
    return {
      x: () => {
        const g = tf.mul(dy, perChannel(gamma));
        const along = tf.mul(normalised, tf.mean(tf.mul(g, normalised), -1, true));
        return tf.mul(inverseDeviation, tf.sub(tf.sub(g, tf.mean(g, -1, true)), along));
      },
      gamma: () => tf.sum(tf.mul(dy, normalised), [0, 2]),
      beta: () => tf.sum(dy, [0, 2]),
    };
  },
});
