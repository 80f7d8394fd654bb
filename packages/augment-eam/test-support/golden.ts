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

/** Largest absolute difference; NaN if there is one, Infinity if the lengths differ. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let k = 0; k < actual.length; k++) {
    largest = Math.max(largest, Math.abs((actual[k] ?? NaN) - (expected[k] ?? NaN)));
  }
  return largest;
}
