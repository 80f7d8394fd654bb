import { InputError } from '@ser/files';
import { shown } from '../shown';
import type { Json } from './config';

/** Reads values of a configuration file; one that is missing or wrong is an `InputError` that names its key. */
export interface ConfigReader {
  /** A number above 0, and at most `most`. */
  number(key: string, most: number, fallback: number): number;
  /** A whole number from 1, or from `least`, to `most`. */
  count(key: string, most: number, fallback?: number, least?: number): number;
  /** A list of whole numbers from 1 to `most`. */
  counts(key: string, most: number, length: number): number[];
  /** A whole number up to `most` that divides another. */
  divisor(key: string, of: number, most: number, fallback?: number): number;
  flag(key: string, fallback: boolean): boolean;
  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T;
}

/** @param where the file, for messages */
export function configReader(json: Json, where: string): ConfigReader {
  const valueOf = (key: string): unknown => (Object.hasOwn(json, key) ? (json[key] ?? undefined) : undefined);
  const fail = (key: string, expected: string): never => {
    throw new InputError(`${where}: ${key} must be ${expected}, found ${shown(valueOf(key))}`);
  };
  const isWhole = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0;
  const count: ConfigReader['count'] = (key, most, fallback, least = 1) => {
    const value = valueOf(key) ?? fallback;
    if (!isWhole(value)) return fail(key, 'a positive whole number');
    if (value > most) return fail(key, `at most ${most}`);
    return value < least ? fail(key, `at least ${least}`) : value;
  };
  return {
    number: (key, most, fallback) => {
      const value = valueOf(key) ?? fallback;
      if (typeof value !== 'number' || !(value > 0)) return fail(key, 'a positive number');
      return value <= most ? value : fail(key, `at most ${most}`);
    },
    count,
    counts: (key, most, length) => {
      const value = valueOf(key);
      if (!Array.isArray(value) || value.length > length || !value.every(isWhole)) {
        return fail(key, `a list of positive whole numbers, at most ${length} of them`);
      }
      return value.every((n) => n <= most) ? value : fail(key, `a list of numbers up to ${most}`);
    },
    divisor: (key, of, most, fallback) => {
      const value = count(key, most, fallback);
      return of % value === 0 ? value : fail(key, `a divisor of ${of}`);
    },
    flag: (key, fallback) => {
      const value = valueOf(key) ?? fallback;
      return typeof value === 'boolean' ? value : fail(key, 'true or false');
    },
    oneOf: (key, allowed, fallback) => {
      const value = valueOf(key) ?? fallback;
      return allowed.find((name) => name === value) ?? fail(key, allowed.join(' or '));
    },
  };
}
