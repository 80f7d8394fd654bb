import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeFolds } from '../describe';
import { folds } from '../folds';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';
import { type CorpusCard, validateCard } from '../card';
import { foldStatistics } from '../statistics';
import { readRows } from './read-table';

afterAll(removeTemporaryFolders);

const card = {
  name: 'own',
  title: 'Calls to a help desk',
  license: { name: 'ours', access: 'own' },
  source: { citation: 'none' },
  reader: 'manifest',
  manifest: 'lists/calls.csv',
  labels: { classes: ['calm', 'upset'], map: { calm: 'calm', angry: 'upset', annoyed: 'upset' }, ignore: ['unclear'] },
  folds: { by: 'speaker', k: 2, seed: 1 },
};
const typed: CorpusCard = validateCard(card, 'card.json');
const csv = [
  '\uFEFFaudio,label,speaker,session,start,end,note',
  'a.wav,calm,ann,1,,,"says ""hello"", calmly"',
  'a.wav,angry,ann,1,0.02,0.05,',
  '"b, c.wav",annoyed,bob,2,,,',
  'd.wav,unclear,cy,2,,,',
  'd.wav,calm,cy,2,0,0.05,',
].join('\r\n');

function own(manifest = csv, changes: object = {}): string {
  const root = tree({ 'card.json': JSON.stringify({ ...card, ...changes }), 'lists/calls.csv': manifest });
  for (const name of ['a.wav', 'b, c.wav', 'd.wav']) writeFileSync(path.join(root, 'lists', name), toneWav());
  return path.join(root, 'card.json');
}

test.each([
  ['J\ufffdrg', /line 3.*speaker "J\ufffdrg" has a character that another program could not read/],
  ['\u001b$B;3ED\u001b(B', /line 3.*speaker "\\u001b\$B;3ED.*" has a control character, expected text as UTF-8/],
])('a speaker that came through a wrong encoding is refused: %j', async (speaker, message) => {
  const table = `audio,label,speaker\na.wav,calm,ann\nd.wav,calm,${speaker}\n`;
  await expect(openCorpus(own(table))).rejects.toThrow(message);
});

test('a line in which Excel names the separator is not the header, and lines keep their numbers', async () => {
  const corpus = await openCorpus(own('sep=;\r\naudio;label;speaker\r\na.wav;calm;ann, bo\r\nd.wav;angry;cy\r\n'));
  expect(corpus.utterances.map(({ speaker }) => speaker)).toEqual(['ann, bo', 'cy']);
  await expect(openCorpus(own('sep=;\naudio;label;speaker\na.wav;glad;ann\n'))).rejects.toThrow(
    /calls.csv:3: unknown label/,
  );
});

test('text of other columns keeps the characters without a shape, which names lose', async () => {
  const said = 'می\u200cخواهم \u{1f468}\u200d\u{1f469}';
  const file = own(`audio,label,speaker,said\na.wav,calm,ann\u200b,${said}\nd.wav,angry,cy,no\n`);
  const [first] = (await openCorpus(file)).utterances;
  expect([first?.speaker, first?.columns?.['said']]).toEqual(['ann', said]);
  expect((await openCorpus(file, undefined, { where: `said=${said}` })).utterances).toHaveLength(1);
});

test('parts of one recording without a speaker are kept together, and nobody is said to be known', async () => {
  const table =
    'audio,label,speaker,start,end\n' +
    'a.wav,calm,?,0,0.03\na.wav,angry,?,0.03,0.06\nd.wav,calm,?,0,0.03\nd.wav,angry,?,0.03,0.06\n';
  const corpus = await openCorpus(own(table, { unknownSpeakers: ['?'], folds: { by: 'speaker' } }));
  const made = folds(corpus);
  expect(made.map(({ test }) => test.length)).toEqual([2, 2]);
  const text = describeFolds(made.map((fold) => foldStatistics(fold, corpus)));
  expect(text).toContain('folds: 2, unknown speakers may be in train and test');
  const known = await openCorpus(own(table));
  expect(known.notes.join()).toMatch(/speaker \? is counted as one person.*"unknownSpeakers": \["\?"\]/);
});

test('a CSV manifest and its card: merges, ignored labels, parts of files, quoted names', async () => {
  const corpus = await openCorpus(own());
  expect(corpus.labels).toEqual(['calm', 'upset']);
  expect(corpus.utterances.map(({ id, label, speaker, start, end }) => [id, label, speaker, start, end])).toEqual([
    ['a.wav', 'calm', 'ann', undefined, undefined],
    ['a.wav#0.02-0.05', 'upset', 'ann', 0.02, 0.05],
    ['b, c.wav', 'upset', 'bob', undefined, undefined],
    ['d.wav#0-0.05', 'calm', 'cy', 0, 0.05],
  ]);
  expect(corpus.notes).toEqual(['left out by the card: 1 unclear']);
  expect(folds(corpus)).toHaveLength(2);
});

test('audio may be in another folder', async () => {
  const corpus = await openCorpus(own(), '/elsewhere');
  expect(corpus.utterances[0]?.audio).toBe(path.resolve('/elsewhere/a.wav'));
});

test('JSON Lines give the same as CSV, numbers for names included', () => {
  const rows = [
    '{"audio":"a.wav","label":"calm","speaker":7,"start":0.5,"end":1}',
    '',
    '{"audio":"b.wav","label":"x","speaker":"8","split":"test","id":"two"}',
  ];
  expect(readRows(typed, rows.join('\n'), 'm.jsonl')).toEqual(
    readRows(
      typed,
      'audio,label,speaker,start,end,split,id\na.wav,calm,7,0.5,1,,\n\nb.wav,x,8,,,test,two\n',
      'm.csv',
    ).map((row) => ({ ...row, origin: row.origin.replace('.csv:2', '.jsonl:1').replace('.csv:4', '.jsonl:3') })),
  );
});

test.each<[string, string, RegExp]>([
  [
    'an unknown label',
    csv.replace('annoyed', 'bored'),
    /calls.csv:4: unknown label "bored"; expected one of calm, angry, annoyed, unclear/,
  ],
  [
    'a column missing',
    csv.replace('speaker', 'who'),
    /calls.csv: no column speaker; expected audio, label and speaker, .*found audio, label, who/,
  ],
  ['a row too short', csv.replace('a.wav,calm,ann,1,,,', 'a.wav,calm,'), /not CSV: .*line 2/],
  [
    'several rows wrong at once',
    csv.replace('ann,1,0.02,0.05', 'ann,1,0.05,0.02').replace('bob', ''),
    /line 3: end 0.02 is not after start 0.05; line 4: no speaker/,
  ],
  ['a time that is none', csv.replace('0.02,', 'soon,'), /line 3: start is "soon", expected seconds/],
  ['a row twice', `${csv}\r\na.wav,calm,ann,1,,,`, /line 7: utterance a.wav is in line 2 already/],
  [
    'only a header',
    'audio,label,speaker\n',
    /no utterance of Calls to a help desk found; looked for rows of audio, label and speaker/,
  ],
])('%s', async (_name, manifest, message) => {
  await expect(openCorpus(own(manifest))).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(message) as string,
  });
});

test('counts of an own card are checked like those of the others', async () => {
  await expect(openCorpus(own(csv, { expected: { utterances: 5 } }))).rejects.toThrow(
    /not the whole of own: 4 of 5 utterances/,
  );
});

test('bad cards name the card', async () => {
  const root = tree({ 'x.json': '{', 'y.json': '{"name":"y"}' });
  await expect(openCorpus(path.join(root, 'x.json'))).rejects.toThrow(/x.json: not JSON/);
  await expect(openCorpus(path.join(root, 'y.json'))).rejects.toThrow(/y.json: not a corpus card/);
  await expect(openCorpus(path.join(root, 'z.json'))).rejects.toThrow(/z.json: no such file or folder \(ENOENT\)/);
  await expect(openCorpus(own(csv, { manifest: 'none.csv' }))).rejects.toThrow(
    /none.csv: no such file or folder \(ENOENT\)/,
  );
});
