import * as tf from '@tensorflow/tfjs';
import { relativeError } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { lengthMask, toTensor } from '../../../tools/test-support/tensors';
import { gradientError, randomTensor } from '../../../tools/test-support/random';
import { contextBroadcast } from './context-broadcast';
import { InputError } from './input-error';

type Golden = { supcon: { frames: GoldenArray; lengths: number[]; broadcast: GoldenArray }[] };

describeGolden<Golden>('losses-flam.json', ({ supcon }) => {
  it.each(supcon)('context broadcasting, $frames.shape, lengths $lengths, within 1e-5', (golden) => {
    const mask = lengthMask(golden.lengths, golden.frames.shape[1] ?? 0);
    const broadcast = contextBroadcast(toTensor(golden.frames) as tf.Tensor3D, mask);
    expect(relativeError(broadcast, golden.broadcast.data)).toBeLessThan(1e-5);
  });
});

describe('contextBroadcast', () => {
  it('moves every valid frame half-way to the mean of the valid ones', () => {
    const frames = tf.tensor3d([1, 2, 3, 6, 100, 100], [1, 3, 2]);
    const moved = contextBroadcast(frames, tf.tensor2d([[1, 1, 0]]));
    expect([...moved.dataSync()]).toEqual([1.5, 3, 2.5, 5, 0, 0]);
  });

  it('does not see padding, and gives it no gradient', () => {
    const alone = randomTensor<tf.Tensor3D>([2, 3, 4], 1);
    const padding = randomTensor<tf.Tensor3D>([2, 2, 4], 2, 1e4);
    const mask = lengthMask([3, 3], 5);
    const padded = tf.concat([alone, padding], 1);
    const expected = contextBroadcast(alone, lengthMask([3, 3], 3)).dataSync();
    expect(relativeError(contextBroadcast(padded, mask).slice([0, 0], [2, 3]), expected)).toBeLessThan(1e-6);
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.square(contextBroadcast(x as tf.Tensor3D, mask)));
    const grad = tf.grad(loss)(padded);
    expect(
      grad
        .slice([0, 3], [2, 2])
        .dataSync()
        .every((g) => g === 0),
    ).toBe(true);
    expect(gradientError(loss, tf.concat([alone, tf.zerosLike(padding)], 1))).toBeLessThan(1e-3);
  });

  it('gives zeros for an utterance without a valid frame', () => {
    const moved = contextBroadcast(randomTensor([1, 3, 2], 3), tf.zeros([1, 3]));
    expect(moved.dataSync().every((x) => x === 0)).toBe(true);
  });

  it('refuses wrong shapes', () => {
    expect(() => contextBroadcast(tf.zeros([2, 3, 4]), tf.zeros([2, 4]))).toThrow(
      new InputError('mask must be [batch = 2, frames = 3], got [2, 4]'),
    );
    expect(() => contextBroadcast(tf.zeros([2, 0, 4]), tf.zeros([2, 0]))).toThrow(
      new InputError('frames must be [batch, frames, dimensions], got [2, 0, 4]'),
    );
  });
});
