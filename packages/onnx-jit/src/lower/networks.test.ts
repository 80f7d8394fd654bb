import { expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { jit } from '../jit';
import '../testing/all-close';
import { networkCases } from '../testing/cases/networks';
import { conformance } from '../testing/conformance';
import { floats, makeTensor } from '../testing/sample';

conformance('networks', networkCases);

// avgPool is linear, so its gradient is its transpose: ⟨dL/dy, avgPool(x)⟩ = ⟨dL/dx, x⟩. tfjs's own does not hold it.
it('the gradient of a padded avgPool is that of what avgPool computes', async () => {
  const x: tf.Tensor4D = makeTensor(floats([2, 5, 4, 3]), 1) as tf.Tensor4D;
  const dy = makeTensor(floats([2, 3, 2, 3]), 2);
  const pool = (t: tf.Tensor): tf.Tensor => tf.avgPool(t as tf.Tensor4D, 3, 2, 'same');
  const gradient = jit((a: tf.Tensor, b: tf.Tensor) => tf.grad(pool)(a, b));
  const inner = tf.sum(tf.mul(await gradient(x, dy), x));
  expect(inner).toBeAllClose(tf.sum(tf.mul(dy, pool(x))));
  await gradient.dispose();
});
