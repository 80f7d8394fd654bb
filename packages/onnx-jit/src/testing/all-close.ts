import { expect } from '@jest/globals';
import type * as tf from '@tensorflow/tfjs';

export interface Closeness {
  /** Largest |a − b| / |b|, beside `absolute`. */
  readonly relative?: number | undefined;
  readonly absolute?: number | undefined;
}

/** What is wrong with a tensor against the expected one, in words; null where they agree. NaN equals NaN. */
export function disagreement(
  actual: tf.Tensor,
  expected: tf.Tensor,
  { relative = 1e-5, absolute = 2e-6 }: Closeness = {},
): string | null {
  const type = (t: tf.Tensor): string => `${t.dtype} [${t.shape.join()}]`;
  if (type(actual) !== type(expected)) return `${type(actual)} where ${type(expected)} was expected`;
  const a = actual.dataSync();
  const b = expected.dataSync();
  for (let i = 0; i < b.length; i++) {
    const [got, wanted] = [Number(a[i]), Number(b[i])];
    if (Object.is(got, wanted) || got === wanted || Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted)) {
      continue;
    }
    return `element ${i} of ${type(expected)} is ${got} where ${wanted} was expected`;
  }
  return null;
}

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
