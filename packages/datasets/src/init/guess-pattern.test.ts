import { pathReader } from '../readers/path-pattern';
import { guessPattern } from './guess-pattern';

/** Every combination of the parts of a name, as WAV files. */
const paths = (...parts: readonly (readonly string[])[]): string[] =>
  parts
    .reduce<string[]>((list, part) => list.flatMap((start) => part.map((end) => start + end)), [''])
    .map((name) => `${name}.wav`);

const people = ['Anna/', 'Tom/', 'Mia/'];

test.each([
  ['words with one first letter', [people, ['Freude', 'Furcht', 'Trauer'], ['_1', '_2']], '{speaker}/{label}_{part3}'],
  ['words of small letters', [people, ['fear', 'fury', 'joy'], [' (1)', ' (2)']], '{speaker}/{label} ({part4:#})'],
  ['a capital with a sign', [people, ['Freude', 'Ärger', 'Trauer'], [' (1)', ' (2)']], '{speaker}/{label} ({part4:#})'],
  ['a mark of its own', [people, ['Freude', 'A\u0308rger'], ['_1', '_2']], '{speaker}/{label}_{part3}'],
  ['a word and a number', [people, ['Wut', 'Ekel'], ['1', '2']], '{speaker}/{label:Ekel|Wut}{part3:#}'],
  [
    'words side by side',
    [
      ['Anna', 'Tom'],
      ['Wut', 'Ekel'],
      ['1', '2'],
    ],
    '{speaker:Anna|Tom}{label:Ekel|Wut}{part3:#}',
  ],
  ['other scripts', [people, ['радость', 'гнев'], ['_1', '_2']], '{speaker}/{label}_{part3}'],
  ['unknown words', [people, ['Gabba', 'Gebbe', 'Gibbi'], ['_1', '_2', '_3']], '{speaker}/{label}_{part3}'],
  ['short names', [['Al', 'Jo', 'Ed'], ['_'], ['joy', 'fear'], ['_1', '_2']], '{speaker}_{label}_{part3}'],
] as const)('%s are not cut', (_what, parts, pattern) => {
  expect(guessPattern(paths(...parts))?.pattern).toBe(pattern);
});

const savee = ['a', 'd', 'f', 'h', 'n', 'sa', 'su'];
test.each([
  [
    'EMO-DB',
    [['03', '08', '09'], ['a01', 'b02'], [...'WLEAFTN'], ['a', 'b']],
    { speaker: '03', label: 'W' },
    ['03a01Wa', '08b02Nb'],
  ],
  ['SAVEE', [['DC', 'JE', 'JK', 'KL'], ['_'], savee, ['01', '02', '03']], { speaker: 'DC', label: 'sa' }, ['DC_sa01']],
  ['SAVEE', [['DC', 'JE', 'JK', 'KL'], savee, ['01', '02', '03']], { speaker: 'DC', label: 'sa' }, ['DCsa01']],
  [
    'EMOVO',
    [
      ['dis', 'gio', 'rab'],
      ['-f1', '-m1', '-m2'],
      ['-b1', '-b2'],
    ],
    { label: 'gio' },
    ['gio-m1-b2'],
  ],
  [
    'TESS',
    [
      ['OAF', 'YAF'],
      ['angry', 'sad', 'fear'],
      ['01', '02'],
    ],
    { speaker: 'OAF', label: 'sad' },
    ['OAFsad02'],
  ],
] as const)('codes side by side are, as in %s', (_what, parts, fields, [name]) => {
  const guess = guessPattern(paths(...parts));
  const read = pathReader([guess?.pattern ?? ''], undefined, 'test')(`${name}.wav`);
  expect(Object.fromEntries(read ?? [])).toMatchObject(fields);
});

test('a pattern that a run cannot read is not given', () => {
  // More first words than a pattern can list, and nothing but a number after them.
  const names = Array.from(
    { length: 300 },
    (_, i) => `${'abcdefghij'[i % 10]}${'klmnopqrst'.slice(0, 1 + (i % 7))}${i}`,
  );
  const guess = guessPattern(names.flatMap((name) => [`joy/${name}.wav`, `rage/${name}.wav`]));
  expect(guess?.pattern.startsWith('{label}/')).toBe(true);
  const read = pathReader([guess?.pattern ?? ''], undefined, 'test');
  expect(names.every((name) => read(`joy/${name}.wav`) !== undefined)).toBe(true);
});

const numbered = ['01', '02', '03', '04', '05', '06'];
test.each([
  ['files numbered below each label', [['happy', 'sad', 'angry'], ['/'], numbered]],
  ['files numbered behind each label', [['happy', 'sad', 'angry'], ['_'], numbered]],
  ['a letter before the number', [['happy', 'sad', 'angry'], ['/s'], numbered]],
  ['gender alone', [['female/', 'male/'], ['happy_', 'sad_'], numbered]],
  ['language alone', [['en/', 'pl/', 'de/'], ['happy_', 'sad_'], numbered]],
] as const)('%s are no speakers', (_what, parts) => {
  const guess = guessPattern(paths(...parts));
  expect(guess?.labels).toBeDefined();
  expect(guess?.speakers).toBeUndefined();
});

test('people with a word for them are speakers, whatever the labels are called', () => {
  const words = guessPattern(
    paths(['spk1/', 'spk2/', 'spk3/', 'spk4/'], ['glad/', 'vred/', 'bange/'], ['1', '2', '3']),
  );
  expect([words?.speakers?.[0], words?.labels?.[0]]).toEqual(['spk1', 'glad']);
  const once = guessPattern(paths(['spk1', 'spk2', 'spk3', 'spk4'], ['_'], ['happy', 'sad', 'angry']));
  expect(once?.pattern).toBe('spk{speaker:#}_{label}');
  const gender = guessPattern(
    paths(['female/happy/f01', 'male/sad/m01', 'female/sad/f02', 'male/happy/m02'], ['_'], numbered),
  );
  expect(gender?.speakers?.[0]).not.toBe('female');
});

test('the sides of a dialogue are no speakers: those of IEMOCAP change from session to session', () => {
  const sessions = numbered.slice(0, 5).map((session) => `Ses${session}`);
  const guess = guessPattern(
    paths(sessions, ['F_impro', 'M_impro'], ['01_F', '01_M'], ['001_', '002_', '003_'], ['neu', 'hap', 'sad']),
  );
  expect(new Set(guess?.speakers).size).toBe(5);
});
