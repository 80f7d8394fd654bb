import Ajv, { type ErrorObject } from 'ajv';
import { distance } from 'fastest-levenshtein';
import { schema } from './schema';
import { lossNames } from './settings';

const validator = new Ajv({ allErrors: true, strict: false }).compile(schema);

export interface Problem {
  /** Path of the offending value, such as `['lossWeights', 'kl']`. */
  readonly path: readonly string[];
  readonly message: string;
}

/** Everything wrong with a partial configuration; empty when it is fine. */
export function validate(settings: unknown): Problem[] {
  if (validator(settings)) return [];
  const problems = (validator.errors ?? []).filter((e) => e.keyword !== 'anyOf' && e.keyword !== 'const').map(describe);
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => {
    const key = `${path.join('.')} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function describe(error: ErrorObject): Problem {
  const path = error.instancePath.split('/').slice(1);
  const { params, keyword } = error;
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    return { path: [...path, key], message: `unknown key "${key}"${didYouMean(key, knownKeys(path))}` };
  }
  if (keyword === 'enum' && Array.isArray(params['allowedValues'])) {
    const allowed = params['allowedValues'].map(String);
    return { path, message: `must be one of ${allowed.join(', ')}` };
  }
  if (keyword === 'pattern') return { path, message: `does not have the form ${String(params['pattern'])}` };
  return { path, message: error.message ?? 'is not valid' };
}

function knownKeys(path: readonly string[]): string[] {
  return path.length === 0 ? Object.keys(schema.properties) : [...lossNames];
}

/** ` (did you mean "x"?)` for the nearest known word, or nothing when none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const fold = (s: string): string => s.toLowerCase().replace(/[-_]/g, '');
  let best = '';
  let least = Infinity;
  for (const candidate of known) {
    const d = distance(fold(word), fold(candidate));
    if (d < least) [best, least] = [candidate, d];
  }
  return least <= Math.max(2, Math.floor(word.length / 3)) ? ` (did you mean "${best}"?)` : '';
}
