import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';

/**
 * Kullback–Leibler divergence of the predicted from the target distribution (paper, Eq. 6), mean over the batch:
 *
 *     L = (1 / B) Σ_b Σ_c y_bc (log y_bc − log softmax(logits)_bc),   0 · log 0 = 0
 *
 * With class weights w, an utterance counts W_b = Σ_c w_c y_bc, and its target is tilted by them: q_bc = w_c y_bc / W_b.
 *
 *     L = (1 / B) Σ_b W_b Σ_c q_bc (log q_bc − log softmax(logits)_bc)
 *
 * Its gradient is that of the weighted cross entropy, −(1 / B) Σ_b Σ_c w_c y_bc log softmax(logits)_bc, which
 * `torch.nn.CrossEntropyLoss(weight=w)` computes for targets that are distributions; it is 0 at its least.
 *
 * @param logits [batch, classes], float32
 * @param targets y [batch, classes], float32: each row a distribution
 * @param options `classWeights`: w [classes], float32, above 0; without it every class counts 1
 * @returns a scalar
 * @throws InputError if a shape or type is wrong.
 */
export function klDivergence(
  logits: tf.Tensor2D,
  targets: tf.Tensor2D,
  options: { classWeights?: tf.Tensor1D } = {},
): tf.Scalar {
  const { classWeights } = options;
  check({
    logits: { tensor: logits, axes: ['batch', 'classes'] },
    targets: { tensor: targets, axes: ['batch', 'classes'], sizes: logits.shape },
    ...(classWeights
      ? { classWeights: { tensor: classWeights, axes: ['classes'], sizes: logits.shape.slice(1) } }
      : {}),
  });
  return tf.tidy(() => {
    const weighted = classWeights ? tf.mul<tf.Tensor2D>(targets, classWeights) : targets;
    const tilted = classWeights ? tf.div<tf.Tensor2D>(weighted, tf.sum(weighted, 1, true)) : targets;
    // The floor keeps log finite at 0, where the product is 0; no target that matters is under it.
    const logTargets = tf.log(tf.maximum(tilted, 1e-30));
    return tf.mean<tf.Scalar>(tf.sum(tf.mul(weighted, tf.sub(logTargets, tf.logSoftmax(logits))), 1));
  });
}
