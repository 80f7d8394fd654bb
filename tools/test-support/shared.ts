import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeIf } from './describe-if';

/** Reference values, weights and recordings lie beside the repository, or where SER_SHARED says, and are read there. */
const root = process.env['SER_SHARED'] ?? resolve(__dirname, '../../../shared');

/** A path there, or undefined when it is absent. */
export function shared(path: string): string | undefined {
  const full = resolve(root, path);
  return existsSync(full) ? full : undefined;
}

/** `describe` for tests that need a path there: skipped, with the reason, when it is absent. */
export function describeWith(path: string, name: string, tests: (full: string) => void): void {
  const full = shared(path);
  describeIf(full !== undefined, `${name}: ../shared/${path} is absent; SER_SHARED names another place`)(name, () => {
    if (full !== undefined) tests(full);
    else it('is skipped', () => undefined);
  });
}

/** An array of the golden files: row-major numbers and their shape. */
export interface GoldenArray {
  shape: number[];
  data: number[];
}

export const readGolden = <Values>(path: string): Values => JSON.parse(readFileSync(path, 'utf8')) as Values;

/** `describeWith` for the values of a golden file. */
export function describeGolden<Values>(file: string, tests: (values: Values) => void): void {
  describeWith(`golden/${file}`, `golden values: ${file}`, (path) => tests(readGolden<Values>(path)));
}
