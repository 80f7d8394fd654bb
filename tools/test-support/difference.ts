import type * as tf from '@tensorflow/tfjs';

/** Largest absolute difference; NaN if there is one, Infinity if the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let k = 0; k < actual.length; k++) {
    largest = Math.max(largest, Math.abs((actual[k] ?? NaN) - (expected[k] ?? NaN)));
  }
  return largest;
}

/** Largest difference of a tensor from expected numbers, relative to the largest expected one (at least `floor`). */
export function relativeError(actual: tf.Tensor, expected: ArrayLike<number>, floor = 1e-12): number {
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), floor);
  return largestDifference(actual.dataSync(), expected) / largest;
}
