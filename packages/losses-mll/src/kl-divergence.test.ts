import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { gradientError, randomTensor } from '../../../tools/test-support/random';
import { InputError } from './input-error';
import { klDivergence } from './kl-divergence';

const scalar = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;
const logitRow = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 4, maxLength: 4 });
const finite = (x: tf.Tensor): boolean => x.dataSync().every(Number.isFinite);

describe('klDivergence', () => {
  it('is the mean over utterances of the sum over classes', () => {
    const logits = tf.log(tf.tensor2d([0.5, 0.25, 0.25, 0.1, 0.2, 0.7], [2, 3])) as tf.Tensor2D;
    const targets = tf.tensor2d([1, 0, 0, 0.5, 0.5, 0], [2, 3]);
    const expected = (Math.log(2) + 0.5 * Math.log(5) + 0.5 * Math.log(2.5)) / 2;
    expect(scalar(klDivergence(logits, targets))).toBeCloseTo(expected, 6);
  });

  it('is 0 at the target, and never below', () => {
    fc.assert(
      fc.property(logitRow, logitRow, (a, b) => {
        const targets = tf.softmax(tf.tensor2d([b]));
        expect(scalar(klDivergence(tf.tensor2d([a]), targets))).toBeGreaterThan(-1e-5);
        expect(Math.abs(scalar(klDivergence(tf.tensor2d([b]), targets)))).toBeLessThan(1e-5);
      }),
    );
  });

  it('does not change when all logits of an utterance move together', () => {
    fc.assert(
      fc.property(logitRow, fc.integer({ min: -50, max: 50 }), (row, shift) => {
        const targets = tf.tensor2d([[0.7, 0.3, 0, 0]]);
        const moved = row.map((logit) => logit + shift);
        const difference =
          scalar(klDivergence(tf.tensor2d([row]), targets)) - scalar(klDivergence(tf.tensor2d([moved]), targets));
        expect(Math.abs(difference)).toBeLessThan(1e-4);
      }),
    );
  });

  it('stays finite for one-hot targets and extreme logits', () => {
    const logits = tf.tensor2d([1e4, -1e4, 0, -1e4, 1e4, 0], [2, 3]);
    const targets = tf.tensor2d([1, 0, 0, 1, 0, 0], [2, 3]);
    const { value, grads } = tf.valueAndGrads((x, y) => klDivergence(x as tf.Tensor2D, y as tf.Tensor2D))([
      logits,
      targets,
    ]);
    expect(scalar(value)).toBeCloseTo(1e4, 2);
    expect(grads.every(finite)).toBe(true);
  });

  it('has the gradient of its finite differences', () => {
    const targets = tf.softmax(randomTensor<tf.Tensor2D>([5, 4], 1));
    const loss = (x: tf.Tensor): tf.Scalar => klDivergence(x as tf.Tensor2D, targets);
    expect(gradientError(loss, randomTensor([5, 4], 2))).toBeLessThan(1e-3);
  });

  describe('with class weights', () => {
    const targets = tf.softmax(randomTensor<tf.Tensor2D>([5, 4], 1));
    const logits = randomTensor<tf.Tensor2D>([5, 4], 2);
    const classWeights = tf.tensor1d([0.5, 2, 1, 3]);

    it('has the gradient of the weighted cross entropy: (W softmax(logits) − w y) / B, with W = Σ w y', () => {
      const gradient = tf.grad((x) => klDivergence(x as tf.Tensor2D, targets, { classWeights }))(logits);
      const weighted = tf.mul(targets, classWeights);
      const expected = tf.div(tf.sub(tf.mul(tf.sum(weighted, 1, true), tf.softmax(logits)), weighted), 5);
      expect(tf.max(tf.abs(tf.sub(gradient, expected))).dataSync()[0]).toBeLessThan(1e-6);
    });

    it('has the gradient of its finite differences', () => {
      const loss = (x: tf.Tensor): tf.Scalar => klDivergence(x as tf.Tensor2D, targets, { classWeights });
      expect(gradientError(loss, logits)).toBeLessThan(1e-3);
    });

    it('is 0 at the tilted target, and never below', () => {
      const tilted = tf.log(tf.mul(targets, classWeights)) as tf.Tensor2D;
      expect(Math.abs(scalar(klDivergence(tilted, targets, { classWeights })))).toBeLessThan(1e-5);
      expect(scalar(klDivergence(logits, targets, { classWeights }))).toBeGreaterThan(0);
    });

    it('counts an utterance of one class that many times', () => {
      const hard = tf.tensor2d([0, 0, 0, 1], [1, 4]);
      const row = logits.slice([0, 0], [1, 4]);
      expect(scalar(klDivergence(row, hard, { classWeights }))).toBeCloseTo(3 * scalar(klDivergence(row, hard)), 5);
    });

    it('refuses another number of weights', () => {
      expect(() => klDivergence(logits, targets, { classWeights: tf.ones([3]) })).toThrow(
        new InputError('classWeights must be [classes = 4], got [3]'),
      );
    });
  });

  it('refuses wrong shapes and types', () => {
    const logits = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => klDivergence(logits, tf.zeros([2, 4]))).toThrow(
      new InputError('targets must be [batch = 2, classes = 3], got [2, 4]'),
    );
    expect(() => klDivergence(tf.zeros([2, 3, 1]) as tf.Tensor as tf.Tensor2D, logits)).toThrow(
      new InputError('logits must be [batch, classes], got [2, 3, 1]'),
    );
    expect(() => klDivergence(logits, tf.zeros([2, 3], 'int32'))).toThrow(
      new InputError('targets must be float32, got int32'),
    );
  });
});
