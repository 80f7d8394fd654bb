import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { adam, biasCorrections } from './adam';

test('adam agrees with the optimiser of tfjs', async () => {
  await tf.setBackend('cpu');
  const target = tf.tensor1d([1, -2, 3]);
  const theirs = tf.variable(tf.tensor1d([0, 0, 0]));
  const optimizer = tf.train.adam(0.1, 0.9, 0.999, 1e-8);
  let state = { value: tf.tensor1d([0, 0, 0]) as tf.Tensor, first: tf.zeros([3]), second: tf.zeros([3]) };
  for (let t = 1; t <= 20; t++) {
    optimizer.minimize(() => tf.sum(tf.square(tf.sub(theirs, target))) as tf.Scalar);
    const gradient = tf.mul(2, tf.sub(state.value, target));
    const { scale, floor } = biasCorrections(t);
    state = adam(state, gradient, { rate: tf.scalar(0.1), scale: tf.scalar(scale), floor: tf.scalar(floor) });
  }
  const [a, b] = [state.value.dataSync(), theirs.dataSync()];
  for (let i = 0; i < 3; i++) expect(a[i]).toBeCloseTo(b[i] ?? NaN, 4);
});
