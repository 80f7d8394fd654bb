import * as tf from '@tensorflow/tfjs';

/** A tensor to be made: its type and where its numbers come from. The same number stream for the same place. */
export interface Sample {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly next: (random: () => number, index: number) => number;
}

/** Numbers in [low, high). */
export const floats = (shape: readonly number[], low = -2, high = 2): Sample => ({
  shape,
  dtype: 'float32',
  next: (random) => low + (high - low) * random(),
});

/** Whole numbers from low up to and including high. */
export const ints = (shape: readonly number[], low = -4, high = 4): Sample => ({
  shape,
  dtype: 'int32',
  next: (random) => low + Math.floor((high - low + 1) * random()),
});

/** Whole numbers as in `ints`, none of them 0. */
export const nonZeroInts = (shape: readonly number[], high = 4): Sample => ({
  shape,
  dtype: 'int32',
  next: (random) => (1 + Math.floor(high * random())) * (random() < 0.5 ? -1 : 1),
});

/** Numbers with a magnitude in [low, high) and either sign: away from kinks and poles at 0. */
export const signed = (shape: readonly number[], low = 0.3, high = 2): Sample => ({
  shape,
  dtype: 'float32',
  next: (random) => (low + (high - low) * random()) * (random() < 0.5 ? -1 : 1),
});

export const bools = (shape: readonly number[]): Sample => ({
  shape,
  dtype: 'bool',
  next: (random) => Number(random() < 0.5),
});

/** Exactly these numbers, as often as the shape asks. */
export const exactly = (numbers: readonly number[], shape = [numbers.length], dtype: Sample['dtype'] = 'float32') => ({
  shape,
  dtype,
  next: (_: () => number, index: number) => numbers[index % numbers.length] ?? 0,
});

/** A repeatable stream of uniform numbers in [0, 1). */
function stream(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function makeTensor({ shape, dtype, next }: Sample, seed: number): tf.Tensor {
  const random = stream(seed + 1);
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(
    Array.from({ length: size }, (_, i) => next(random, i)),
    [...shape],
    dtype,
  );
}
