import * as tf from '@tensorflow/tfjs';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** An array of the golden files: row-major numbers and their shape. */
export interface GoldenArray {
  shape: number[];
  data: number[];
}

/** Golden values are read where they lie, beside the repository (or in SER_SHARED), and never copied into it. */
const folder = resolve(process.env['SER_SHARED'] ?? resolve(__dirname, '../../../../shared'), 'golden');

/** Runs `tests` with the values of a golden file, or skips them and says why. */
export function describeGolden<Values>(file: string, tests: (values: Values) => void): void {
  const path = resolve(folder, file);
  if (existsSync(path)) {
    describe(`golden values: ${file}`, () => tests(JSON.parse(readFileSync(path, 'utf8')) as Values));
  } else {
    describe.skip(`golden values: no ${file} in ../shared/golden or $SER_SHARED/golden`, () => {
      it('is skipped', () => undefined);
    });
  }
}

/** A golden array as a float32 tensor. */
export const toTensor = ({ shape, data }: GoldenArray): tf.Tensor => tf.tensor(data, shape, 'float32');

/** A mask [batch, frames] with ones on the first `lengths[b]` frames. */
export const lengthMask = (lengths: readonly number[], frames: number): tf.Tensor2D =>
  tf.tensor2d(
    lengths.map((length) => Array.from({ length: frames }, (_, t) => Number(t < length))),
    [lengths.length, frames],
    'float32',
  );

/**
 * Largest difference of a tensor from expected numbers, relative to the largest expected one (at least `floor`); NaN if
 * there is one, Infinity if the sizes differ.
 */
export function relativeError(actual: tf.Tensor, expected: ArrayLike<number>, floor = 1e-12): number {
  if (actual.size !== expected.length) return Infinity;
  let difference = 0;
  let largest = floor;
  actual.dataSync().forEach((value, k) => {
    const wanted = expected[k] ?? NaN;
    difference = Math.max(difference, Math.abs(value - wanted));
    largest = Math.max(largest, Math.abs(wanted));
  });
  return difference / largest;
}
