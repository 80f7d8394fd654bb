import { expect } from '@jest/globals';
import type * as tf from '@tensorflow/tfjs';
import { disagreement, type Closeness } from './disagreement';

expect.extend({
  toBeAllClose(actual: unknown, expected: unknown, closeness?: Closeness) {
    const wrong = disagreement(actual as tf.Tensor, expected as tf.Tensor, closeness);
    return { pass: wrong === null, message: () => wrong ?? 'the tensors agree' };
  },
});

declare module 'expect' {
  // The type parameter must be named as in the module that is extended.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void>, T = unknown> {
    /** Same type and shape, and every number within |a − b| ≤ absolute + relative · |b|. */
    toBeAllClose(expected: tf.Tensor, closeness?: Closeness): R;
  }
}
