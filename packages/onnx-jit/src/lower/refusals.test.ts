import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { jit } from '../jit';

// What the kernels of tfjs refuse is refused when the function is recorded, in tfjs's own words.
const refused: readonly [string, (x: tf.Tensor) => tf.Tensor][] = [
  ['a slice out of bounds', (x) => tf.slice(x, [1, 1], [10, 10])],
  ['a slice from below 0', (x) => tf.slice(x, [-1, 0], [1, 1])],
  ['sizes of a split that do not add up', (x) => tf.split(x, [1, 1], 1)[1]!],
  ['a split into unequal parts', (x) => tf.split(x, 3, 0)[0]!],
  ['two sizes of a split left open', (x) => tf.split(x, [-1, -1], 0)[0]!],
  ['an axis to reverse that is not there', (x) => tf.reverse(x, 2)],
  ['an axis to expand at that is not there', (x) => tf.expandDims(x, -4)],
  ['a concat of other widths', (x) => tf.concat([tf.reshape(x, [2, 2, 3]), tf.ones([2, 0, 0])], 1)],
  ['a constant index that is not there', (x) => tf.gather(x, tf.tensor1d([-1], 'int32'))],
  ['more batch axes than the indices have', (x) => tf.gather(x, tf.tensor1d([0], 'int32'), 1, 2)],
  ['an equation with an axis twice', (x) => tf.einsum('ii->', x)],
  ['a stack of other shapes', (x) => tf.stack([x, tf.ones([1])])],
];

beforeAll(() => tf.setBackend('cpu'));

it.each(refused)('%s', async (_, fn) => {
  const x = tf.reshape(tf.range(0, 12), [4, 3]);
  let message = '';
  try {
    fn(x);
  } catch (error) {
    message = error instanceof Error ? error.message : '';
  }
  expect(message).not.toBe('');
  const step = jit(fn);
  await expect(step(x)).rejects.toThrow(message);
  await step.dispose();
});

it('an index below 0 that only shows when the step runs', async () => {
  const step = jit((x: tf.Tensor, i: tf.Tensor1D) => tf.gather(x, tf.cast(i, 'int32')));
  await expect(step(tf.ones([4, 3]), tf.tensor1d([-1], 'int32'))).rejects.toThrow(/out of data bounds/);
  await step.dispose();
});
