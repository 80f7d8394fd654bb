import * as tf from '@tensorflow/tfjs';
import { relativeError } from '../../../tools/test-support/difference';
import { lengthMask } from '../../../tools/test-support/tensors';
import { forbidReading, gradientError, randomTensor } from '../../../tools/test-support/random';
import { InputError } from './input-error';
import { maxPool } from './max-pool';
import { meanPool } from './mean-pool';

const frames = tf.tensor3d([1, -4, 3, -2, 2, -3, 9, 9, -5, 6, 9, 9, 9, 9, 9, 9], [2, 4, 2]);
const mask = lengthMask([3, 1], 4);
const values = (x: tf.Tensor): number[] => [...x.dataSync()].map((value) => value + 0);

describe('meanPool', () => {
  it('averages the valid frames', () => {
    const { pooled, frames: valid, attention } = meanPool(frames, mask);
    expect(relativeError(pooled, [2, -3, -5, 6])).toBeLessThan(1e-6);
    expect(values(valid)).toEqual([1, -4, 3, -2, 2, -3, 0, 0, -5, 6, 0, 0, 0, 0, 0, 0]);
    expect(relativeError(attention, [1 / 3, 1 / 3, 1 / 3, 0, 1, 0, 0, 0])).toBeLessThan(1e-6);
  });
});

describe('maxPool', () => {
  it('takes the largest of the valid frames, negative ones too', () => {
    const { pooled, frames: valid, attention } = maxPool(frames, mask);
    expect(values(pooled)).toEqual([3, -2, -5, 6]);
    expect(values(valid)).toEqual([1, -4, 3, -2, 2, -3, 0, 0, -5, 6, 0, 0, 0, 0, 0, 0]);
    expect(values(attention)).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
  });

  it('shares its attention by features won, ties included', () => {
    const { attention } = maxPool(tf.tensor3d([5, 1, 1, 0, 0, 2, 2, 0, 0, 2, 1, 3], [1, 3, 4]), tf.ones([1, 3]));
    expect(relativeError(attention, [0.2, 0.4, 0.4])).toBeLessThan(1e-6);
  });
});

describe.each([
  ['meanPool', meanPool],
  ['maxPool', maxPool],
])('%s', (_, pool) => {
  const some = randomTensor<tf.Tensor3D>([2, 4, 3], 1);
  const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(pool(x as tf.Tensor3D, mask).pooled));

  it('has the gradient of its finite differences, none on padding', () => {
    expect(gradientError(loss, some)).toBeLessThan(1e-3);
    const leaked = tf.mul(tf.grad(loss)(some), tf.sub(1, tf.expandDims(mask, 2)));
    expect(leaked.dataSync().every((g) => g === 0)).toBe(true);
  });

  it('gives attention that sums to 1', () => {
    expect(relativeError(tf.sum(pool(some, mask).attention, 1), [1, 1])).toBeLessThan(1e-6);
  });

  it('gives zeros for an utterance without a valid frame', () => {
    const { pooled, attention } = pool(some, lengthMask([4, 0], 4));
    expect(values(pooled).slice(3)).toEqual([0, 0, 0]);
    expect(values(attention).slice(4)).toEqual([0, 0, 0, 0]);
  });

  it('reads no value and leaves nothing behind but its three results', () => {
    const before = tf.memory().numTensors;
    const spies = forbidReading();
    try {
      tf.dispose({ ...pool(some, mask) });
    } finally {
      spies.forEach((spy) => spy.mockRestore());
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses wrong shapes', () => {
    expect(() => pool(some, tf.ones([2, 3]))).toThrow(
      new InputError('mask must be [batch, frames] = [2, 4], got [2, 3]'),
    );
    expect(() => pool(tf.zeros([2, 0, 3]), tf.zeros([2, 0]))).toThrow(
      new InputError('frames must be [batch, frames, features], got [2, 0, 3]'),
    );
  });
});
