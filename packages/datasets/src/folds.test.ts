import fc from 'fast-check';
import type { CorpusCard, FoldRule } from './card';
import { card } from './cards';
import type { Corpus, Utterance } from './corpus';
import { type Fold, folds, innerValidation, type InnerSplit, makeFold } from './folds';
import { seededRandom } from './random';

function corpus(rule: FoldRule, utterances: readonly Utterance[]): Corpus {
  const base: CorpusCard = { ...card('ravdess'), name: 'test', folds: rule };
  return { card: base, root: '/', labels: base.labels.classes, utterances, notes: [] };
}

/** `n` utterances of each speaker; speakers named s1 … in sessions of two. */
function people(speakers: number, n = 3): Utterance[] {
  return Array.from({ length: speakers }, (_, s) =>
    Array.from({ length: n }, (_, i): Utterance => ({
      id: `s${s + 1}-${i}`,
      audio: `/s${s + 1}-${i}.wav`,
      label: 'happy',
      speaker: `s${s + 1}`,
      session: String(1 + Math.floor(s / 2)),
    })),
  ).flat();
}

const speakersOf = (list: readonly Utterance[]): Set<string> => new Set(list.map((u) => u.speaker));

test('RAVDESS: six folds of the card, four actors each', () => {
  const actors = Array.from({ length: 24 }, (_, i) => String(i + 1).padStart(2, '0'));
  const all = actors.map((speaker): Utterance => ({ id: speaker, audio: speaker, label: 'sad', speaker }));
  const made = folds({ ...corpus({ by: 'speaker' }, all), card: card('ravdess') });
  expect(made.map((fold) => fold.testGroups.join(' '))).toEqual([
    '01 11 20 21',
    '04 10 12 14',
    '08 09 19 23',
    '03 05 07 24',
    '02 15 16 18',
    '06 13 17 22',
  ]);
  expect(made.map((fold) => fold.index)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('by session, one session is left out at a time', () => {
  const made = folds(corpus({ by: 'session' }, people(6)));
  expect(made.map((fold) => fold.name)).toEqual(['1', '2', '3']);
  expect([...speakersOf(made[0]?.test ?? [])]).toEqual(['s1', 's2']);
});

test('by column: train and test make one fold, other names one fold each', () => {
  const split = (...names: string[]): Utterance[] => people(4, 1).map((u, i) => ({ ...u, split: names[i] ?? '' }));
  expect(
    folds(corpus({ by: 'column' }, split('train', 'test', 'train', 'train'))).map((f) => [f.name, f.test.length]),
  ).toEqual([['test', 1]]);
  expect(folds(corpus({ by: 'column' }, split('a', 'b', 'a', 'b'))).map((f) => f.name)).toEqual(['a', 'b']);
});

test('whatever the rule, no speaker and no group is on both sides, and each utterance is tested once', () => {
  const rules = fc.record({
    by: fc.constantFrom('speaker' as const, 'session' as const),
    k: fc.option(fc.integer({ min: 2, max: 4 }), { nil: undefined }),
    seed: fc.nat(1000),
  });
  fc.assert(
    fc.property(
      rules,
      fc.integer({ min: 8, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      ({ k, ...rule }, speakers, n) => {
        const whole = corpus({ ...rule, ...(k !== undefined && { k }) }, people(speakers, n));
        const made = folds(whole);
        if (k !== undefined) expect(made).toHaveLength(k);
        expect(made.flatMap((fold) => fold.test.map((u) => u.id)).sort()).toEqual(
          whole.utterances.map((u) => u.id).sort(),
        );
        for (const fold of made) {
          expect(fold.train.length + fold.test.length).toBe(whole.utterances.length);
          for (const speaker of speakersOf(fold.test)) expect(speakersOf(fold.train).has(speaker)).toBe(false);
        }
        expect(folds(whole)).toEqual(made);
      },
    ),
  );
});

test('inner validation takes whole groups of the training side, the same for the same seed', () => {
  const whole = corpus({ by: 'session' }, people(10));
  for (const fold of folds(whole)) {
    const inner = innerValidation(fold, whole, { groups: 2, random: seededRandom(3) });
    expect(inner.validationGroups).toHaveLength(2);
    expect(inner.train.length + inner.validation.length).toBe(fold.train.length);
    const held = speakersOf(inner.validation);
    for (const speaker of [...speakersOf(inner.train), ...speakersOf(fold.test)]) expect(held.has(speaker)).toBe(false);
    expect(innerValidation(fold, whole, { groups: 2, random: seededRandom(3) })).toEqual(inner);
  }
  const [fold] = folds(whole);
  for (const groups of [0, 4, 1.5]) {
    expect(() => innerValidation(fold as Fold, whole, { groups, random: seededRandom(3) })).toThrow(/expected 1 to 3/);
  }
});

describe('the split of the corpus', () => {
  const split = (...names: string[]): Corpus =>
    corpus(
      { by: 'split' },
      people(names.length, 1).map((u, i) => ({ ...u, split: names[i] ?? '' })),
    );
  const sides = (whole: Corpus): string[] => {
    const [fold, ...others] = folds(whole);
    expect(others).toEqual([]);
    return [fold?.train ?? [], fold?.dev ?? [], fold?.test ?? []].map((side) => side.map((u) => u.speaker).join(' '));
  };

  test.each([
    [
      ['Train', 'Test'],
      ['s1', '', 's2'],
    ],
    [
      ['training', 'testing', 'validation'],
      ['s1', 's3', 's2'],
    ],
    [
      ['TRAIN_SET', 'dev set', 'Test-Set'],
      ['s1', 's2', 's3'],
    ],
    [
      ['train', 'valid', 'eval'],
      ['s1', 's2', 's3'],
    ],
    // ESD calls its development set so.
    [
      ['train', 'evaluation', 'test'],
      ['s1', 's2', 's3'],
    ],
    [
      ['Train', 'Development', 'Test1', 'Test2'],
      ['s1', 's2', 's3 s4'],
    ],
    [
      ['trn', 'tst'],
      ['s1', '', 's2'],
    ],
    [
      ['Trainingsdaten', 'Testdaten'],
      ['s1', '', 's2'],
    ],
    [
      ['train-clean-100', 'train-clean-360', 'dev-clean', 'test-clean', 'test-other'],
      ['s1 s2', 's3', 's4 s5'],
    ],
    [
      ['partition/test', 'partition/train'],
      ['s2', '', 's1'],
    ],
    [
      ['ｔｒａｉｎ', 'ｔｅｓｔ'],
      ['s1', '', 's2'],
    ],
    [
      ['entrenamiento', 'validación', 'prueba'],
      ['s1', 's2', 's3'],
    ],
    [
      ['訓練', 'テスト'],
      ['s1', '', 's2'],
    ],
    [
      ['Training', 'Validierungsdaten', 'Testdaten'],
      ['s1', 's2', 's3'],
    ],
    [
      ['treningowy', 'walidacyjny', 'testowy'],
      ['s1', 's2', 's3'],
    ],
    [['fold1', 'fold2'], undefined],
    [['A', 'B'], undefined],
    [['studio', 'street'], undefined],
  ])('%j', (names, expected) => {
    if (expected) expect(sides(split(...names))).toEqual(expected);
    else expect(folds(split(...names))).toHaveLength(2);
  });

  test('test sets keep a result of their own', () => {
    const [fold] = folds(split('Train', 'Development', 'Test1', 'Test2'));
    expect(fold?.name).toBe('Test1+Test2');
    expect(fold?.testSets.map(({ name, utterances }) => [name, utterances.length])).toEqual([
      ['Test1', 1],
      ['Test2', 1],
    ]);
    expect(folds(split('train', 'Test', 'test'))[0]?.testSets).toEqual([]);
  });

  test('its development set is the inner validation', () => {
    const whole = split('train', 'dev', 'test');
    const inner = innerValidation(folds(whole)[0] as Fold, whole, { groups: 9, random: Math.random });
    expect([inner.train, inner.validation].map((side) => side.map((u) => u.speaker))).toEqual([['s1'], ['s2']]);
  });

  test('speakers on both sides, refused or said', () => {
    const whole = corpus(
      { by: 'split' },
      people(1, 3).map((u, i) => ({ ...u, split: ['train', 'dev', 'test'][i] ?? '' })),
    );
    expect(() => folds(whole)).toThrow(/speaker s1 on both sides, train and test.*--shared-speakers=allowed/);
    expect(folds(whole, { sharedSpeakers: 'allowed' })[0]?.sharedSpeakers).toEqual(['s1']);
    expect(folds(split('train', 'test'), { sharedSpeakers: 'allowed' })[0]?.sharedSpeakers).toEqual([]);
  });
});

test('folds by sentence, which speakers share', () => {
  const utterances = people(2, 4).map((u, i) => ({ ...u, columns: { sentence: `t${i % 4}` } }));
  const whole = corpus({ by: 'sentence', k: 2 }, utterances);
  expect(() => folds(whole)).toThrow(/speaker s1, s2 on both sides/);
  const made = folds(whole, { sharedSpeakers: 'allowed' });
  expect(made.map((fold) => fold.test.length)).toEqual([4, 4]);
  expect(made[0]?.sharedSpeakers).toEqual(['s1', 's2']);
  expect(() => folds(corpus({ by: 'gender' }, utterances))).toThrow(/has no gender, and its corpus folds by gender/);
});

describe('a split that leaks is an error', () => {
  const [a, b] = people(2, 1) as [Utterance, Utterance];
  const make = (train: Utterance[], test: Utterance[]): Fold =>
    makeFold({ index: 1, name: 'x', train, test, groupBy: 'session' });

  test('shared session', () => {
    expect(() => make([a], [b])).toThrow('fold 1 (x): group 1 on both sides, train and test; expected none');
  });
  test('shared speaker in two sessions', () => {
    expect(() => make([a], [{ ...b, speaker: 's1', session: '9' }])).toThrow(/speaker s1 on both sides/);
    expect(() => folds(corpus({ by: 'session' }, [a, { ...b, speaker: 's1', session: '9' }]))).toThrow(
      /speaker s1 on both sides/,
    );
  });
  test('the same utterance', () => {
    expect(() => make([a], [a])).toThrow(/utterance s1-0 on both sides/);
  });
  test('a speaker in two splits of a manifest', () => {
    const rows = [
      { ...a, split: 'train' },
      { ...b, speaker: 's1', split: 'test' },
    ];
    expect(() => folds(corpus({ by: 'column' }, rows))).toThrow(/speaker s1 on both sides.*--shared-speakers=allowed/);
  });
  test('the same file, or overlapping stretches of it', () => {
    const part = (start?: number, end?: number): Partial<Utterance> => ({
      audio: '/x.wav',
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
    });
    const c = people(3, 1)[2] as Utterance;
    expect(() => make([{ ...a, ...part(0, 2) }], [{ ...c, ...part(1.9, 3) }])).toThrow(
      /the audio of s1-0 = s3-0 on both/,
    );
    expect(() => make([{ ...a, ...part() }], [{ ...c, audio: '/y/../x.wav', start: 9 }])).toThrow(/the audio of/);
    expect(make([{ ...a, ...part(0, 2) }], [{ ...c, ...part(2, 3) }]).test).toHaveLength(1);
  });
  test('an empty side', () => {
    expect(() => make([a], [])).toThrow('no utterance in test');
  });
  test('no object that was not checked is a Fold', () => {
    type Literal = Pick<Fold, 'index' | 'name' | 'train' | 'test' | 'testGroups' | 'groupBy'>;
    // These lines do not compile if a literal becomes assignable.
    const isFold: Literal extends Fold ? true : false = false;
    const isInner: { train: []; validation: []; validationGroups: [] } extends InnerSplit ? true : false = false;
    expect([isFold, isInner]).toEqual([false, false]);
  });
});

type Refused = [name: string, rule: FoldRule, utterances: Utterance[], message: RegExp];

/** A split column that holds these, one a speaker. */
const bySplit = (values: readonly string[], message: RegExp): Refused => [
  values.join(' and '),
  { by: 'split' },
  people(values.length, 1).map((u, i) => ({ ...u, split: values[i] ?? '' })),
  message,
];

test.each<Refused>([
  ['one group', { by: 'speaker' }, people(1), /1 speaker in all, expected at least two/],
  ['more folds than groups', { by: 'speaker', k: 5 }, people(3), /5 folds of 3 speaker groups, expected at most 3/],
  ['a group in no fold', { by: 'speaker', groups: [['s1'], ['s2']] }, people(3), /speaker s3 in no fold of the card/],
  [
    'only one of the listed folds there',
    { by: 'speaker', groups: [['s1', 's2'], ['s3']] },
    people(2),
    /all utterances are in one fold/,
  ],
  [
    'no session',
    { by: 'session' },
    people(2).map(({ session: _, ...u }) => u),
    /has no session, and its corpus folds by session/,
  ],
  ['no split', { by: 'column' }, people(2), /has no split, and its card folds by split/],
  [
    'one split',
    { by: 'column' },
    people(2).map((u) => ({ ...u, split: 'train' })),
    /splits train: no test; expected train and test/,
  ],
  [
    'train, test and more',
    { by: 'column' },
    people(3, 1).map((u, i) => ({ ...u, split: ['train', 'test', 'noisy'][i] ?? '' })),
    /splits noisy, test, train: noisy is no split; expected train and test/,
  ],
  [
    'train and dev',
    { by: 'split' },
    people(2, 1).map((u, i) => ({ ...u, split: ['train', 'dev'][i] ?? '' })),
    /no test; expected train and test/,
  ],
  [
    'numbers',
    { by: 'split' },
    people(3, 1).map((u, i) => ({ ...u, split: String(i) })),
    /split column holds 0, 1, 2, which may be folds or train, dev and test/,
  ],
  ...[
    ['False', 'True'],
    ['no', 'yes'],
    ['fit', 'held-out'],
    ['seen', 'unseen'],
  ].map((values) => bySplit(values, /split column holds .*, which may be folds or train, dev and test/)),
  ...[
    ['train1', 'test1'],
    ['cv1_train', 'cv1_test'],
    ['train_dev', 'test_dev'],
    ['train1', 'train2'],
  ].map((values) => bySplit(values, /is no split; expected train and test/)),
  [
    'train and test in a column that is not the split',
    { by: 'subset' },
    people(2, 1).map((u, i) => ({ ...u, columns: { subset: ['train', 'test'][i] ?? '' } })),
    /folds.by is subset, which holds test, train; expected .*"columns": \{ "split": "subset" \}/,
  ],
])('%s', (_name, rule, utterances, message) => {
  expect(() => folds(corpus(rule, utterances))).toThrow(message);
});
