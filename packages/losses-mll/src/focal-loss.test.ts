import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { gradientError, randomTensor } from '../../../tools/test-support/random';
import { focalLoss } from './focal-loss';
import { InputError } from './input-error';

const scalar = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;

describe('focalLoss', () => {
  it('follows Eq. 7 for whole and broken exponents', () => {
    const logits = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 3, maxLength: 3 });
    const gamma = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 12), fc.double({ min: 0, max: 5, noNaN: true }));
    fc.assert(
      fc.property(logits, gamma, (row, gamma) => {
        const targets = [0.6, 0.4, 0];
        const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const expected = row.reduce((sum, logit, c) => {
          const p = Math.exp(logit) / total;
          return sum - (targets[c] ?? 0) * (1 - p) ** gamma * Math.log(p);
        }, 0);
        const loss = scalar(focalLoss(tf.tensor2d([row]), tf.tensor2d([targets]), { gamma }));
        expect(Math.abs(loss - expected)).toBeLessThan(1e-5);
      }),
    );
  });

  it('takes γ = 2 when none is given', () => {
    const logits = randomTensor<tf.Tensor2D>([3, 4], 1);
    const targets = tf.softmax(randomTensor<tf.Tensor2D>([3, 4], 2));
    expect(scalar(focalLoss(logits, targets))).toBe(scalar(focalLoss(logits, targets, { gamma: 2 })));
    expect(scalar(focalLoss(logits, targets))).not.toBe(scalar(focalLoss(logits, targets, { gamma: 1 })));
  });

  it.each([0, 0.01, 0.5, 1, 1.5, 2, 3, 9])('stays finite at p = 1 and p = 0, γ = %d', (gamma) => {
    const logits = tf.tensor2d([100, 0, 0, 20, 0, 0, -200, 0, 200, 15.9, 0, 0], [4, 3]);
    const targets = tf.tensor2d([1, 0, 0, 0.9, 0.1, 0, 1, 0, 0, 1, 0, 0], [4, 3]);
    const loss = (x: tf.Tensor): tf.Scalar => focalLoss(x as tf.Tensor2D, targets, { gamma });
    const { value, grad } = tf.valueAndGrad(loss)(logits);
    expect(scalar(value)).toBeGreaterThan(0);
    expect(scalar(value)).toBeLessThan(400);
    // |d/dlogit| ≤ (1 + γ) Σ y, for every row of the mean over four.
    grad.dataSync().forEach((g) => expect(Math.abs(g)).toBeLessThanOrEqual((1 + gamma) / 2));
  });

  it.each([0, 0.5, 1, 2, 2.5, 3])('has the gradient of its finite differences, γ = %d', (gamma) => {
    const targets = tf.softmax(randomTensor<tf.Tensor2D>([5, 4], 3));
    const loss = (x: tf.Tensor): tf.Scalar => focalLoss(x as tf.Tensor2D, targets, { gamma });
    expect(gradientError(loss, randomTensor([5, 4], 4))).toBeLessThan(1e-3);
  });

  it('multiplies the terms of a class by its weight', () => {
    const logits = randomTensor<tf.Tensor2D>([5, 3], 5);
    const targets = tf.softmax(randomTensor<tf.Tensor2D>([5, 3], 6));
    const classWeights = tf.tensor1d([0.5, 2, 3]);
    const weighted = (x: tf.Tensor): tf.Scalar => focalLoss(x as tf.Tensor2D, targets, { gamma: 1.5, classWeights });
    const p = tf.softmax(logits).arraySync();
    const y = targets.arraySync();
    const expected = p.reduce(
      (sum, row, b) =>
        row.reduce((s, pc, c) => s - [0.5, 2, 3][c]! * (y[b]?.[c] ?? NaN) * (1 - pc) ** 1.5 * Math.log(pc), sum),
      0,
    );
    expect(scalar(weighted(logits))).toBeCloseTo(expected / 5, 5);
    expect(gradientError(weighted, logits)).toBeLessThan(1e-3);
  });

  it('refuses a negative γ and wrong shapes', () => {
    const logits = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => focalLoss(logits, logits, { gamma: -1 })).toThrow(new InputError('gamma must be 0 or more, got -1'));
    expect(() => focalLoss(logits, logits, { gamma: NaN })).toThrow(InputError);
    expect(() => focalLoss(logits, tf.zeros([3, 2]))).toThrow(
      new InputError('targets must be [batch = 2, classes = 3], got [3, 2]'),
    );
  });
});
