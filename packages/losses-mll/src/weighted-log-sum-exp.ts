import * as tf from '@tensorflow/tfjs-core';

/** Added to the score of a pair that must not count. Below any score, and two of them still fit into float32. */
const NEVER = -1e30;

/**
 * The denominators of Eq. 10, weighted and summed, in memory that grows with N instead of N²:
 *
 *     L = Σ_i w_i log Σ_{k ≠ i, k valid} exp(h_i · h_k / τ)
 *
 * The N × N scores are computed a block of rows at a time. Each block gives its part of the value and, because the
 * weights are known beforehand, of the gradient as well; then it is dropped. With P the softmax of the scores over the
 * valid k ≠ i:
 *
 *     dL/dh = (1 / τ) (w ∘ (P h) + P^T (w ∘ h))
 *
 * so the backward pass only multiplies by dL. First derivatives only.
 *
 * @param rows h [N, dimensions]
 * @param weights w [N, 1], no gradient; must be 0 for a row without a valid k ≠ i, whose logarithm is −1e30
 * @param valid [N, 1]: 1 valid, 0 padded, no gradient
 * @param temperature τ
 * @param tile rows in a block; fixes the shape of the computation, not its result
 * @returns a scalar
 */
export function weightedLogSumExp(
  rows: tf.Tensor2D,
  weights: tf.Tensor2D,
  valid: tf.Tensor2D,
  temperature: number,
  tile: number,
): tf.Scalar {
  const valueWithGradient = tf.customGrad((h, save) => {
    const { value, gradient } = forward(h as tf.Tensor2D, weights, valid, temperature, tile);
    (save as tf.GradSaveFunc)([gradient]);
    return { value, gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, saved as tf.Tensor) };
  });
  return valueWithGradient(rows) as tf.Scalar;
}

function forward(
  rows: tf.Tensor2D,
  weights: tf.Tensor2D,
  valid: tf.Tensor2D,
  temperature: number,
  tile: number,
): { value: tf.Scalar; gradient: tf.Tensor2D } {
  const [count, dimensions] = rows.shape;
  // The mask of the columns travels inside the product, as one more dimension: scores = [h / τ, 1] · [h, bias].
  const left: tf.Tensor2D = tf.concat([tf.div<tf.Tensor2D>(rows, temperature), tf.ones<tf.Rank.R2>([count, 1])], 1);
  const right: tf.Tensor2D = tf.concat([rows, tf.mul<tf.Tensor2D>(tf.sub(1, valid), NEVER)], 1);
  const weighted: tf.Tensor2D = tf.mul(rows, weights);
  const self = selfBias(Math.min(tile, count));

  const values: tf.Tensor[] = [];
  const rowGradients: tf.Tensor2D[] = [];
  let columnGradient: tf.Tensor2D = tf.zeros([count, dimensions]);
  let turn: tf.Tensor = tf.zeros([1, 1]);
  for (let start = 0; start < count; start += tile) {
    const size = Math.min(tile, count - start);
    const [value, rowGradient, next, done] = tf.tidy((): [tf.Tensor, tf.Tensor2D, tf.Tensor2D, tf.Tensor] => {
      const take = (x: tf.Tensor2D): tf.Tensor2D => tf.slice(x, [start, 0], [size, -1]);
      const scores = scoresWithoutSelf(tf.add(take(left), turn), right, start, tf.slice(self, [0, 0], [size, size]));
      const softmax = tf.softmax(scores);
      // At its largest score s a row has P = exp(s − log Σ exp), which is at least 1 / N: a safe way to the logarithm.
      const logSum = tf.sub(tf.max(scores, 1, true), tf.log(tf.max(softmax, 1, true)));
      const value = tf.sum(tf.mul(logSum, take(weights)));
      const rowGradient: tf.Tensor2D = tf.mul(tf.matMul(softmax, rows), take(weights));
      const next: tf.Tensor2D = tf.add(columnGradient, tf.matMul(softmax, take(weighted), true));
      return [value, rowGradient, next, zeroAfter(value, rowGradient, next)];
    });
    values.push(value);
    rowGradients.push(rowGradient);
    tf.dispose([columnGradient, turn]);
    columnGradient = next;
    turn = done;
  }
  return {
    value: tf.addN(values) as tf.Scalar,
    gradient: tf.div(tf.add(tf.concat(rowGradients, 0), columnGradient), temperature),
  };
}

/**
 * A zero [1, 1] that cannot be had before all of these. In a compiled graph only data decides what runs when: added to
 * what the next tile starts from, it keeps ONNX Runtime from computing the scores of all tiles first and holding them.
 */
function zeroAfter(value: tf.Tensor, ...matrices: tf.Tensor2D[]): tf.Tensor {
  const corners = matrices.map((matrix) => tf.slice(matrix, [0, 0], [1, 1]));
  return tf.mul(tf.addN([tf.reshape(value, [1, 1]), ...corners]), 0);
}

/** Scores [size, N] of the rows start … start + size against all, the pairs (i, i) masked. */
function scoresWithoutSelf(left: tf.Tensor2D, right: tf.Tensor2D, start: number, self: tf.Tensor2D): tf.Tensor2D {
  const [count] = right.shape;
  const end = start + left.shape[0];
  const against = (from: number, to: number): tf.Tensor2D =>
    tf.matMul(left, tf.slice(right, [from, 0], [to - from, -1]), false, true);
  // Only the square block on the diagonal meets the mask: no N × N mask exists, not even a tile of one.
  const parts = [tf.add<tf.Tensor2D>(against(start, end), self)];
  if (start > 0) parts.unshift(against(0, start));
  if (end < count) parts.push(against(end, count));
  return tf.concat(parts, 1);
}

/** −1e30 on the diagonal of [size, size], made from a range. */
function selfBias(size: number): tf.Tensor2D {
  const index = tf.range(0, size, 1, 'int32');
  const same = tf.equal(tf.reshape(index, [size, 1]), tf.reshape(index, [1, size]));
  return tf.mul(tf.cast(same, 'float32'), NEVER);
}
