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
