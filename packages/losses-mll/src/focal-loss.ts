import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';
import { InputError } from './input-error';

/** Least 1 − p for an exponent that is no whole number: (1 − p)^(γ − 1) grows without bound at p → 1 for γ < 1. */
const LEAST = 1e-7;

/**
 * Focal loss for soft targets (paper, Eq. 7), mean over the batch, with p = softmax(logits):
 *
 *     L = −(1 / B) Σ_b Σ_c y_bc (1 − p_bc)^γ log p_bc
 *
 * Class weights w multiply the terms of their classes, w_c y_bc: the α-balanced focal loss of Lin et al. (2017), Eq. 5.
 *
 * @param logits [batch, classes], float32
 * @param targets y [batch, classes], float32: each row a distribution
 * @param options `gamma`: focusing parameter γ ≥ 0 (default 2); 0 gives the cross entropy. `classWeights`: w [classes],
 *   float32, above 0; without it every class counts 1
 * @returns a scalar
 * @throws InputError if a shape or type is wrong, or `gamma` is negative or not finite.
 */
export function focalLoss(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  options: { gamma?: number; classWeights?: tf.Tensor1D } = {},
): tf.Scalar {
  const { gamma = 2, classWeights } = options;
  if (!(gamma >= 0 && gamma < Infinity)) throw new InputError(`gamma must be 0 or more, got ${gamma}`);
  check({
    logits: { tensor: logits, axes: ['batch', 'classes'] },
    targets: { tensor: targets, axes: ['batch', 'classes'], sizes: logits.shape },
    ...(classWeights
      ? { classWeights: { tensor: classWeights, axes: ['classes'], sizes: logits.shape.slice(1) } }
      : {}),
  });
  return tf.tidy(() => {
    const logProbability = tf.logSoftmax(logits);
    const weighted = classWeights ? tf.mul<tf.Tensor2D>(targets, classWeights) : targets;
    const terms = tf.mul(weighted, logProbability);
    const focused = gamma === 0 ? terms : tf.mul(power(tf.sub(1, tf.exp(logProbability)), gamma), terms);
    return tf.neg(tf.mean<tf.Scalar>(tf.sum(focused, 1)));
  });
}

/** x^gamma for x in [0, 1]; small whole exponents by multiplication, exact and with an exact gradient at 0. */
function power(x: tf.Tensor, gamma: number): tf.Tensor {
  if (gamma === 1) return x;
  if (Number.isInteger(gamma) && gamma <= 8) {
    const half = tf.square(power(x, Math.floor(gamma / 2)));
    return gamma % 2 === 0 ? half : tf.mul(half, x);
  }
  return tf.pow(tf.maximum(x, LEAST), gamma);
}
