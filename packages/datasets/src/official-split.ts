import { InputError } from '@ser/files';
import { byText, distinct } from './order';

/** What a corpus's own split says of a value: the side it is on. */
export type SplitRole = 'train' | 'dev' | 'test';

/** A split into train, dev and test, in which each value has its side. */
export interface OfficialSplit {
  readonly roles: ReadonlyMap<string, SplitRole>;
  /** The test sets by name, with their values: several for a corpus with Test1 and Test2. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
}

const train = /^tr(a?i?n(ing)?)?$/;
const dev = /^(dev(el(opment)?)?|val(id(ation)?)?)$/;
const test = /^te?sts?(ing)?$/;
/** Dev where there is a test beside it (ESD), test where there is a dev, or neither. */
const evaluation = /^eval(uation)?$/;

/** Case, "set", and what joins it are left out: Test_set, "train set", TRAIN. */
const bare = (value: string): string =>
  value
    .toLowerCase()
    .replace(/[\s_.-]*(set|split|data)$/, '')
    .replace(/[\s_.-]+/g, '');

/**
 * Reads the values of a split column as train, dev and test, in any usual spelling. Undefined when they are the names of
 * folds instead.
 *
 * @throws {InputError} for values that are like a split and not quite one: what was found and what was expected.
 */
export function officialSplit(values: readonly string[], corpus: string): OfficialSplit | undefined {
  const forms = values.map((value) => ({ value, form: bare(value) }));
  const has = (pattern: RegExp): boolean => forms.some(({ form }) => pattern.test(withoutNumber(form)));
  const evaluationIs = has(test) ? 'dev' : 'test';
  const roleOf = (form: string): SplitRole | undefined => {
    const word = withoutNumber(form);
    if (train.test(form)) return 'train';
    if (dev.test(form)) return 'dev';
    if (test.test(word)) return 'test';
    if (evaluation.test(word)) return evaluationIs;
    return undefined;
  };
  const roles = new Map(forms.flatMap(({ value, form }) => (roleOf(form) ? [[value, roleOf(form) as SplitRole]] : [])));
  const expected =
    'expected train and test, with dev or without, or names of folds (folds.by names a column of its own)';
  const list = distinct(values).slice(0, 10).join(', ');
  if (roles.size === 0) {
    if (forms.every(({ form }) => /^\d+$/.test(form))) {
      throw new InputError(
        `${corpus}: its split column holds ${list}, which may be folds or train, dev and test; expected names: train, dev, ` +
          `test, or for folds a word before the number (fold1)`,
      );
    }
    return undefined;
  }
  const others = distinct(values.filter((value) => !roles.has(value)));
  if (others.length > 0)
    throw new InputError(`${corpus}: splits ${list}: ${others.join(', ')} is no split; ${expected}`);
  const tests = [...roles].filter(([, role]) => role === 'test').map(([value]) => value);
  const sides = new Set(roles.values());
  if (!sides.has('train') || tests.length === 0) {
    throw new InputError(`${corpus}: splits ${list}: no ${sides.has('train') ? 'test' : 'train'}; ${expected}`);
  }
  return { roles, tests: testSets(tests) };
}

/** Test and test are one; Test1 and Test2 are two. */
function testSets(values: readonly string[]): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  for (const value of [...values].sort(byText)) {
    const name = [...sets.keys()].find((other) => bare(other) === bare(value)) ?? value;
    sets.set(name, [...(sets.get(name) ?? []), value]);
  }
  return sets;
}

const withoutNumber = (form: string): string => form.replace(/\d{1,2}$/, '');
