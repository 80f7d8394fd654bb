import * as tf from '@tensorflow/tfjs';
import { relativeError } from '../../../tools/test-support/difference';
import { gradientError, randomTensor } from '../../../tools/test-support/random';
import { normalizeRows } from './normalize-rows';

describe('normalizeRows', () => {
  const weights = randomTensor<tf.Tensor2D>([4, 3], 1);
  const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(normalizeRows(x as tf.Tensor2D), weights));

  it('gives rows of length 1, however long they were', () => {
    const rows = tf.mul(randomTensor<tf.Tensor2D>([4, 3], 2), tf.tensor2d([[1e-9], [1e-3], [1], [1e9]])) as tf.Tensor2D;
    expect(relativeError(tf.norm(normalizeRows(rows), 2, 1), [1, 1, 1, 1])).toBeLessThan(1e-6);
  });

  it('has the gradient of its finite differences', () => {
    expect(gradientError(loss, randomTensor([4, 3], 3))).toBeLessThan(1e-3);
  });

  it('leaves a zero row at zero, without a gradient', () => {
    const rows = tf.tensor2d([3, 0, 4, 0, 0, 0, 1, 1, 1, 0, 0, 0], [4, 3]);
    expect(relativeError(normalizeRows(rows).slice([0], [2]), [0.6, 0, 0.8, 0, 0, 0])).toBeLessThan(1e-6);
    const grad = tf.grad(loss)(rows).dataSync();
    expect([...grad].map((g) => g !== 0 && Number.isFinite(g))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
