import { expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { jit } from '../jit';
import '../testing/all-close';
import { matMulCases } from '../testing/cases/matmul';
import { conformance } from '../testing/conformance';
import { floats, makeTensor } from '../testing/sample';

conformance('matMul', matMulCases);

// The tfjs CPU backend itself gets this wrong (it repeats batches in turn), so the expanded product is the reference.
it.each([
  { left: [2, 1], right: [1, 3], both: [2, 3] },
  { left: [2, 1, 2], right: [1, 2, 1], both: [2, 2, 2] },
])('batches [$left] and [$right] broadcast against each other', async ({ left, right, both }) => {
  const a = makeTensor(floats([...left, 2, 3]), 1);
  const b = makeTensor(floats([...right, 4, 3]), 2);
  const product = jit((x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, false, true));
  const expected = tf.matMul(tf.broadcastTo(a, [...both, 2, 3]), tf.broadcastTo(b, [...both, 4, 3]), false, true);
  expect(await product(a, b)).toBeAllClose(expected);
  await product.dispose();
});
