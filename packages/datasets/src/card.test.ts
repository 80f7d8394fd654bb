import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validateCard } from './card';
import { card, cardNames } from './cards';

const folder = path.resolve(__dirname, '../../../datasets');

test('every card of the repository is shipped and valid', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  expect(files.map((file) => path.parse(file).name).sort()).toEqual([...cardNames].sort());
  for (const name of cardNames) {
    expect(card(name).name).toBe(name);
    expect(JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'))).toEqual(card(name));
  }
});

test('the counts of the cards agree with themselves and with the published totals', () => {
  for (const name of cardNames) {
    const expected = card(name).expected;
    if (expected?.classes === undefined) continue; // its counts differ from release to release
    const sum = Object.values(expected.classes).reduce((a, b) => a + b, 0);
    expect(sum).toBe(expected?.utterances);
    expect(Object.keys(expected?.classes ?? {}).sort()).toEqual([...card(name).labels.classes].sort());
  }
  expect(card('iemocap').expected).toMatchObject({
    utterances: 5531,
    classes: { happy: 1636, angry: 1103, sad: 1084, neutral: 1708 },
  });
  expect(Object.values(card('iemocap').expected?.sessions ?? {})).toEqual([1085, 1023, 1151, 1031, 1241]);
  expect(card('msp-improv').expected).toMatchObject({
    utterances: 7798,
    listed: 8438,
    classes: { angry: 792, happy: 2644, sad: 885, neutral: 3477 },
  });
  expect(card('ravdess').expected).toMatchObject({ utterances: 1440, speakers: 24 });
  expect(card('savee').expected).toMatchObject({ utterances: 480, speakers: 4 });
});

describe('a card that is wrong says all that is wrong, in one line', () => {
  const good = card('ravdess');
  test.each<[string, unknown, RegExp]>([
    ['no object', 3, /x.json: not a corpus card: the card must be object/],
    ['fields missing', { name: 'x' }, /'title'.*'labels'.*'folds'/],
    ['a field too many', { ...good, colour: 1 }, /must NOT have additional properties \(colour\)/],
    [
      'an unknown reader',
      { ...good, reader: 'mp3' },
      /reader must be equal to one of the allowed values: files, manifest, iemocap/,
    ],
    [
      'a label that maps nowhere',
      { ...good, labels: { classes: ['neutral', 'sad'], map: { '01': 'neutral', '04': 'grief' } }, expected: {} },
      /labels.map.04 is "grief".*no label maps to the class "sad"/,
    ],
    ['mapped and ignored', { ...good, labels: { ...good.labels, ignore: ['01'] } }, /"01" is both mapped and ignored/],
    [
      'a name with capitals',
      { ...good, name: 'A b' },
      /name is "A b", expected: Short name.*lower-case letters, digits/,
    ],
    ['a group tested twice', { ...good, folds: { by: 'speaker', groups: [['01'], ['01']] } }, /tests "01" twice/],
    ['groups and k', { ...good, folds: { ...good.folds, k: 3 } }, /both groups and k/],
    ['a manifest reader without one', { ...good, reader: 'manifest' }, /needs `manifest`/],
    [
      'labels that are one',
      { ...good, labels: { ...good.labels, ignore: ['Ü', 'u\u0308'] } },
      /labels "Ü" and "u\u0308" are one/,
    ],
    [
      'an archive that leads elsewhere',
      {
        ...good,
        source: {
          citation: '',
          archives: [
            { file: '../x.zip', url: 'https://x', bytes: 1, checksum: { algorithm: 'md5', value: '0'.repeat(32) } },
          ],
        },
      },
      /archives.0.file must match pattern/,
    ],
  ])('%s', (_name, value, message) => {
    expect(() => validateCard(value, 'x.json')).toThrow(message);
    expect(() => validateCard(value, 'x.json')).toThrow(/^[^\n]*$/);
  });

  test('an unknown name lists those there are', () => {
    expect(() => card('emodb')).toThrow(/emodb: no such corpus, expected one of .*emo-db.*ravdess.* or a card's path/);
  });
});
