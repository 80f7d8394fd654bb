import { InputError, isInputError } from '@ser/files';
import { byText, distinct } from './order';

/** What a corpus's own split says of a value: the side it is on. */
export type SplitRole = 'train' | 'dev' | 'test';

/** A split into train, dev and test, in which each value has its side. */
export interface OfficialSplit {
  readonly roles: ReadonlyMap<string, SplitRole>;
  /** The test sets by name, with their values: several for a corpus with Test1 and Test2. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
}

// English and its abbreviations, German, Polish, Spanish, French, Italian, Portuguese, Russian, Chinese and Japanese.
const train =
  /^(tr(a?i?n(ings?)?)?|treningow[yae]|entrenamiento|entra[iî]nement|apprentissage|addestramento|trein(o|amento)|обучение|训练|訓練|学習)$/;
const dev =
  /^(dev(el(opment)?)?|val(id(ation)?)?|validierungs?|entwicklungs?|walidacyjn[yae]|validaci[oó]n|validazione|validação|валидация|验证|驗證|検証)$/;
const test = /^(te?sts?(ing)?|testow[yae]|prueba|essai|prova|teste|тест|测试|測試|テスト)$/;
/** Dev where there is a test beside it (ESD), test where there is a dev, or neither. */
const evaluation = /^eval(uation)?$/;

/** All values of a column like this may mean train and test, and nobody can tell which is which. */
const doubtful = /^(\d+|true|false|yes|no|[yntf]|(un)?seen|fit|heldout|holdout)$/;

/** Case, "set", and what joins it are left out: Test_set, "train set", TRAIN, Testdaten. */
const bare = (value: string): string =>
  value
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_.-]*(set|split|data|daten)$/, '')
    .replace(/[\s_.-]+/g, '');

const wordsOf = (value: string): string[] =>
  value
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];

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
  /** Of `train-clean-100` and `partition/test`, which say more than the side. Two sides in one value are none. */
  const roleAmong = (words: readonly string[]): SplitRole | undefined => {
    const [found, ...more] = words.flatMap((word) => roleOf(word) ?? []);
    const others = words.filter((word) => roleOf(word) === undefined);
    const saysMore = others.some((word) => /^\p{L}+$/u.test(word)) && !others.some((word) => foldWord.test(word));
    return more.length === 0 && saysMore ? found : undefined;
  };
  const roles = new Map(
    forms.flatMap(({ value, form }): [string, SplitRole][] => {
      const role = roleOf(form) ?? roleAmong(wordsOf(value));
      return role ? [[value, role]] : [];
    }),
  );
  const expected =
    'expected train and test, with dev or without, or names of folds (folds.by names a column of its own)';
  const list = distinct(values).slice(0, 10).join(', ');
  if (forms.every(({ form }) => doubtful.test(form))) {
    throw new InputError(
      `${corpus}: its split column holds ${list}, which may be folds or train, dev and test; expected names: train, dev, ` +
        `test, or for folds a word before the number (fold1)`,
    );
  }
  const mentionsSide = ({ value }: { readonly value: string }): boolean =>
    wordsOf(value).some((word) => roleOf(withoutNumber(word)) !== undefined);
  if (roles.size === 0 && !forms.some(mentionsSide)) return undefined;
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

/** A part of the name of a fold: fold1, cv2. */
const foldWord = /^(fold|folds|cv|run|round|part|rep|repeat)\d*$/;

const withoutNumber = (form: string): string => form.replace(/\d{1,2}$/, '');

/** Whether values are those of a split into train and test. */
export function isOfficialSplit(values: readonly string[]): boolean {
  try {
    return officialSplit(values, '') !== undefined;
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
}
