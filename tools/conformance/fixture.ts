import { readFileSync } from 'node:fs';

/** A reference array as every fixture stores it: row-major values and their shape. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One compared quantity: its largest error and the tolerance it is held to. */
export interface Check {
  readonly engine: string;
  readonly quantity: string;
  readonly error: number;
  readonly tolerance: number;
}

/** A fixture that cannot be read: the message names the file and what was expected. */
export class FixtureError extends Error {
  override name = 'FixtureError';
}

/** A value inside a fixture, read field by field so that a malformed file is named instead of mistaken. */
export class Field {
  private constructor(
    private readonly value: unknown,
    private readonly where: string,
  ) {}

  static readFile(path: string): Field {
    try {
      return new Field(JSON.parse(readFileSync(path, 'utf8')), path);
    } catch (error) {
      throw new FixtureError(`${path}: not readable as JSON (${error instanceof Error ? error.message : error})`);
    }
  }

  has(name: string): boolean {
    return typeof this.value === 'object' && this.value !== null && Object.hasOwn(this.value, name);
  }

  get(name: string): Field {
    const entry = Object.entries(this.object()).find(([key]) => key === name);
    if (!entry) throw new FixtureError(`${this.where}: the field "${name}" is missing`);
    return new Field(entry[1], `${this.where}: ${name}`);
  }

  keys(): string[] {
    return Object.keys(this.object());
  }

  list(): Field[] {
    if (!Array.isArray(this.value)) throw this.expected('a list');
    return this.value.map((item: unknown, index) => new Field(item, `${this.where}[${index}]`));
  }

  number(): number {
    if (typeof this.value !== 'number') throw this.expected('a number');
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.expected('true or false');
    return this.value;
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.expected('a string');
    return this.value;
  }

  numbers(): number[] {
    return this.list().map((item) => item.number());
  }

  array(): GoldenArray {
    const shape = this.get('shape').numbers();
    const data = this.get('data').numbers();
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (data.length !== size) throw this.expected(`${size} values for shape [${shape.join(', ')}], not ${data.length}`);
    return { shape, data };
  }

  private object(): object {
    if (typeof this.value !== 'object' || this.value === null) throw this.expected('an object');
    return this.value;
  }

  private expected(what: string): FixtureError {
    return new FixtureError(`${this.where}: expected ${what}`);
  }
}

/** Largest absolute difference; NaN or a length that differs counts as infinitely wrong. */
export function absoluteError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** Largest difference over a scale, by default the largest magnitude of the reference (1 where it is all zero). */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale = largestMagnitude(expected),
): number {
  return absoluteError(actual, expected) / (scale || 1);
}

export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
