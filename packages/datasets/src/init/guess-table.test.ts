import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CorpusCard } from '../card';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';
import { initCard } from './init-card';

afterAll(removeTemporaryFolders);

const emotions = ['joy', 'rage', 'sadness'];
/** Three speakers with two takes of each emotion. Nothing in the paths says which is which. */
const clips = [0, 1, 2].flatMap((speaker) =>
  emotions.flatMap((emotion, e) =>
    [0, 1].map((take) => ({ file: `wavs/x${6 * speaker + 2 * e + take}q.wav`, speaker, emotion, e, take })),
  ),
);
type Clip = (typeof clips)[number];

const audio = Object.fromEntries(clips.map(({ file }) => [file, toneWav()]));
const csv = (header: string, row: (clip: Clip) => readonly (string | number)[]): string =>
  `${[header, ...clips.map((clip) => row(clip).join(','))].join('\n')}\n`;
const jsonLines = (row: (clip: Clip) => object): string => clips.map((clip) => JSON.stringify(row(clip))).join('\n');

const next = (e: number): string => emotions[(e + 1) % 3] ?? '';
const shares = ({ e }: Clip): Record<string, number> =>
  Object.fromEntries(emotions.map((emotion, i) => [emotion, i === e ? 0.8 : 0.1]));

interface Made {
  readonly card: CorpusCard;
  readonly lines: string;
  readonly text: string;
  readonly labels: readonly string[];
  readonly speakers: number;
}

/** The card for a table in a folder, and what a run reads with it. */
async function made(name: string, table: string, more: Readonly<Record<string, string>> = {}): Promise<Made> {
  const root = tree({ ...audio, [name]: table, ...more });
  const { file = '', lines } = await initCard(root);
  const corpus = await openCorpus(file);
  return {
    card: corpus.card,
    lines: lines.join('\n'),
    text: readFileSync(file, 'utf8'),
    labels: corpus.utterances.map(({ label }) => label),
    speakers: new Set(corpus.utterances.map(({ speaker }) => speaker)).size,
  };
}

const classes = clips.map(({ e }) => ['happy', 'angry', 'sad'][e]);
const sorted = (values: readonly (string | undefined)[]): string => [...values].sort().join();

describe('labels in JSON', () => {
  test.each([
    ['an object under a plural', (clip: Clip) => ({ emotions: shares(clip) }), 'emotions'],
    ['an object under any key', (clip: Clip) => ({ verdict: shares(clip) }), 'verdict'],
    ['a list under any key', ({ emotion, e }: Clip) => ({ votes: [emotion, emotion, next(e)] }), 'votes'],
    [
      'a column each',
      (clip: Clip) => Object.fromEntries(Object.entries(shares(clip)).map(([key, share]) => [`p_${key}`, share])),
      { joy: 'p_joy', rage: 'p_rage', sadness: 'p_sadness' },
    ],
  ] as const)('%s', async (_what, row, label) => {
    const table = jsonLines((clip) => ({ path: clip.file, spk: clip.speaker, ...row(clip), dur: 1.5 }));
    const { card, labels, speakers, lines } = await made('labels.jsonl', table);
    expect(card.columns).toMatchObject({ audio: 'path', label, speaker: 'spk' });
    expect(sorted(labels)).toBe(sorted(classes));
    expect(speakers).toBe(3);
    expect(lines).not.toContain('not decided');
  });

  test('a share beside the emotions is one, and a dimension is none', async () => {
    const table = csv('file,speaker,joy_p,rage_p,sadness_p,other_p,valence_p', (clip) => [
      clip.file,
      clip.speaker,
      ...Object.values(shares(clip)),
      0.05,
      3,
    ]);
    const { card } = await made('t.csv', table);
    expect(card.columns?.label).toEqual({ joy: 'joy_p', rage: 'rage_p', sadness: 'sadness_p', other: 'other_p' });
  });

  test('a bad row is named by its line, and the column is still the label', async () => {
    const rows = clips.map((clip) => ({ file: clip.file, speaker: clip.speaker, emotion: shares(clip) }));
    const table = [...rows, { file: 'wavs/x0q.wav', speaker: 0, emotion: { joy: -1 } }].map((row) =>
      JSON.stringify(row),
    );
    const { file = '', lines } = await initCard(tree({ ...audio, 't.jsonl': table.join('\n') }));
    expect(readFileSync(file, 'utf8')).toContain('"label": "emotion"');
    expect(lines.join('\n')).toMatch(/to be mended: .*t\.jsonl: line 19: the share of joy is -1/);
  });

  test('numbers by other words are no label', async () => {
    const root = tree({ ...audio, 't.jsonl': jsonLines(({ file }) => ({ file, features: { pitch: 3, energy: 1 } })) });
    await expect(initCard(path.join(root, 't.jsonl'))).rejects.toThrow(
      /t\.jsonl: cannot be used: no column for the label among file, features$/,
    );
  });
});

describe('a table that cannot be used', () => {
  test('has audio that is an object', async () => {
    const nested = jsonLines(({ file, emotion }) => ({ audio: { path: file }, emotion, speaker: 1 }));
    const root = tree({ ...audio, 't.jsonl': nested });
    await expect(initCard(path.join(root, 't.jsonl'))).rejects.toThrow(
      /the column audio has no text, expected the name of/,
    );
  });

  const wrong = csv('file,emotion,speaker', ({ file, emotion, speaker }) => [`x${file}`, emotion, speaker]);
  const why = /none of its 18 audio names is a file, such as xwavs\/x0q\.wav \(column file of file, emotion, speaker\)/;

  test('is an error of one line when it is the argument', async () => {
    const root = tree({
      ...audio,
      'wrong.csv': wrong,
      'none.csv': csv('file,speaker,age', ({ file, speaker }) => [file, speaker, 20 + speaker]),
      'words.csv': 'a,b\n1,2\n',
      'empty.csv': 'file,emotion\n',
      'ratings.jsonl': jsonLines(({ file, emotion }) => ({ file, ratings: [{ rater: 'A', emotion }] })),
    });
    for (const [name, message] of [
      ['wrong.csv', why],
      ['none.csv', /none\.csv: cannot be used: no column for the label among file, speaker, age$/],
      ['words.csv', /words\.csv: cannot be used: no column for the audio among a, b$/],
      ['empty.csv', /empty\.csv: cannot be used: it has no rows$/],
      [
        'ratings.jsonl',
        /no column for the label among file, ratings; ratings has objects with an emotion in each, expected a row for/,
      ],
    ] as const) {
      const failed = initCard(path.join(root, name));
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toMatchObject({ name: 'InputError' });
      await expect(failed).rejects.not.toThrow(/\n/);
    }
  });

  test('is named with the reason when the card is made from names', async () => {
    const named = Object.fromEntries(
      clips.map(({ speaker, emotion, take }) => [`s${speaker}/${emotion}_${take}.wav`, toneWav()]),
    );
    const { file = '', lines } = await initCard(tree({ ...named, 't.csv': wrong, 'settings.json': '{"a": 1}' }));
    const notes = lines.filter((line) => line.startsWith('not used: '));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^not used: t\.csv: none of its 18/);
    expect(readFileSync(file, 'utf8')).toMatch(/^\/\/ Not used: t\.csv: none of its 18 audio names is a file/m);
  });

  test('is named when the names say nothing either', async () => {
    const root = tree({ 'a.wav': toneWav(), 'b.wav': toneWav(), 't.csv': 'file,age\na.wav,3\nb.wav,4\n' });
    await expect(initCard(root)).rejects.toThrow(/2 audio files, .*; not used: t\.csv: no column for the label among/);
  });

  test('with one label is an error, since a card has two classes', async () => {
    const root = tree({
      ...audio,
      't.csv': csv('file,emotion,speaker', ({ file, speaker }) => [file, 'joy', speaker]),
    });
    await expect(initCard(root)).rejects.toThrow(/its labels \(joy\) make one class, expected two or more/);
  });
});

describe('several opinions', () => {
  test.each([
    [['rater_A', 'rater_B', 'rater_C']],
    [['ann1', 'ann2', 'ann3']],
    [['Coder Anna', 'Coder Bob', 'Coder Cem']],
    [['raterA', 'raterB', 'raterC']],
    [['emotion_1', 'emotion_2', 'emotion_3']],
    [['annotator1_emotion', 'annotator2_emotion', 'annotator3_emotion']],
  ])('%j', async (names) => {
    const table = csv(`clip,actor,${names.join()}`, ({ file, speaker, emotion, e, take }) => [
      ...[file, speaker, emotion, emotion],
      take === 0 ? emotion : next(e),
    ]);
    const { card, labels, lines, text } = await made('ratings.csv', table);
    expect(card.columns).toEqual({ audio: 'clip', label: names, speaker: 'actor' });
    expect(sorted(labels)).toBe(sorted(classes));
    expect(lines).not.toContain('not decided');
    expect(text).toContain('Rows that give each some weight: joy 9, rage 9, sadness 9.');
  });

  test.each([
    ['label,label_2nd', 'label', 'label_2nd'],
    ['intended,perceived', 'intended', 'perceived'],
    ['emotion_i,emotion_p', 'emotion_i', 'emotion_p'],
    ['mary,john', 'mary', 'john'],
  ])('%s are not decided', async (header, label, other) => {
    const table = csv(`clip,actor,${header}`, ({ file, speaker, emotion, e, take }) => [
      ...[file, speaker, emotion],
      take === 0 ? emotion : next(e),
    ]);
    const { card, lines } = await made('t.csv', table);
    expect(card.columns?.label).toBe(label);
    expect(lines).toContain(
      `not decided: which column is the label: ${label} is taken, and ${other} has the same words`,
    );
  });

  test.each([
    ['which differ in every row', ({ e }: Clip) => next(e)],
    ['of which the second is often empty', ({ take, emotion }: Clip) => (take === 0 ? emotion : '')],
  ])('a first and a second choice, %s, are not decided', async (_what, second) => {
    const table = csv('clip,actor,emotion_1,emotion_2', (clip) => [
      ...[clip.file, clip.speaker, clip.emotion],
      second(clip),
    ]);
    const { card, lines } = await made('t.csv', table);
    expect(card.columns?.label).toBe('emotion_1');
    expect(lines).toContain('not decided: which column is the label: emotion_1 is taken, and emotion_2 has the same');
  });

  test('beside a label of their own they are named', async () => {
    const table = csv('clip,actor,emotion,rater_A,rater_B', ({ file, speaker, emotion }) => [
      ...[file, speaker, emotion],
      ...[emotion, emotion],
    ]);
    const { card, lines } = await made('t.csv', table);
    expect(card.columns?.label).toBe('emotion');
    expect(lines).toContain('not decided: the label is emotion; rater_A, rater_B look like opinions of several people');
  });

  test('a scale by several people is no label where there are words', async () => {
    const table = csv('clip,actor,rater1_arousal,rater2_arousal,ausdruck', ({ file, speaker, emotion, e, take }) => [
      ...[file, speaker, e, take],
      emotion,
    ]);
    expect((await made('t.csv', table)).card.columns?.label).toBe('ausdruck');
    const scale = csv('clip,actor,rater1_arousal,rater2_arousal', ({ file, speaker, e }) => [file, speaker, e, e]);
    await expect(made('t.csv', scale)).rejects.toThrow(/no column for the label among clip, actor, rater1_arousal/);
  });

  test('words for one emotion become one class, and that is said', async () => {
    const words = ['Wut', 'Zorn', 'Freude'];
    const { card, lines } = await made(
      't.csv',
      csv('file,emotion,vp', ({ file, e, speaker }) => [file, words[e] ?? '', speaker]),
    );
    expect(card.labels.classes).toEqual(['happy', 'angry']);
    expect(lines).toContain('not decided: whether Wut, Zorn are one class: angry, as labels.map has it');
  });

  test('a scale by several people is said to be one, perhaps', async () => {
    const table = csv('clip,actor,rater1,rater2', ({ file, speaker, e, take }) => [file, speaker, e, take]);
    const { lines } = await made('t.csv', table);
    expect(lines).toContain('not decided: whether 0, 1, 2 in rater1, rater2 are codes of emotions');
  });
});

describe('speakers', () => {
  test.each(['VP', 'VP-Nr', 'Vp_Nr', 'Sprecher', 'subject', 'Participant ID', 'person', 'ID'])('%s', async (name) => {
    const table = csv(`file,emotion,${name},age`, ({ file, emotion, speaker }) => [file, emotion, 101 + speaker, 20]);
    const { card, speakers } = await made('t.csv', table);
    expect(card.columns?.speaker).toBe(name);
    expect(speakers).toBe(3);
  });

  test('a column by a name that says little is said to be a guess', async () => {
    const table = csv('file,emotion,ID', ({ file, emotion, speaker }) => [file, emotion, speaker]);
    expect((await made('t.csv', table)).lines).toContain('not decided: whether ID is the speaker');
  });

  test('columns that may name them are candidates, and the key is said', async () => {
    const header = 'file,emotion,kennung,raum,age,confidence,mood,take';
    const table = csv(header, ({ file, emotion, speaker, e, take }) => [
      ...[file, emotion, `k${speaker}`, take, 20 + speaker],
      // One for each file, a decimal number, a twin of the label, and a name of what is none.
      ...[take / 10, `m${e}`, take],
    ]);
    const { card, lines } = await made('t.csv', table);
    expect(card.unknownSpeakers).toBe(true);
    expect(lines).toMatch(
      /^not decided: nothing names .*; columns\.speaker says which column does: kennung, raum may be it$/m,
    );
  });

  test('without candidates the keys are said', async () => {
    const { lines } = await made(
      't.csv',
      csv('file,emotion', ({ file, emotion }) => [file, emotion]),
    );
    expect(lines).toMatch(
      /columns\.speaker says which column does, or \{speaker\} in a pattern which part of the path$/m,
    );
  });

  test('a table of their own is named: a card joins no tables', async () => {
    const table = csv('file,start,end,emotion', ({ file, emotion }) => [file, 0, 0.1, emotion]);
    const files = csv('file,speaker', ({ file, speaker }) => [file, `s${speaker}`]);
    const { card, lines } = await made('db.emotion.csv', table, { 'db.files.csv': files });
    expect(card.unknownSpeakers).toBe(true);
    expect(lines).toContain(
      'the column speaker of db.files.csv does, but a card does not join tables: copy it into db.emotion.csv and name it in columns.speaker',
    );
  });

  test.each([
    ['confirms a part of the paths', ({ speaker }: Clip) => speaker, undefined],
    ['refutes a part of the paths', ({ take }: Clip) => take, true],
  ])('a table of their own %s', async (_what, speakerOf, unknown) => {
    const at = (clip: Clip): string => `audio/${clip.speaker}/${clip.e}${clip.take}.wav`;
    const root = tree({
      ...Object.fromEntries(clips.map((clip) => [at(clip), toneWav()])),
      'db.emotion.csv': csv('file,emotion', (clip) => [at(clip), clip.emotion]),
      'db.files.csv': csv('file,speaker', (clip) => [at(clip), `s${speakerOf(clip)}`]),
    });
    const { file = '' } = await initCard(root);
    const { card } = await openCorpus(file);
    expect(card.unknownSpeakers).toBe(unknown);
    expect(card.pattern === undefined).toBe(unknown ?? false);
  });
});
