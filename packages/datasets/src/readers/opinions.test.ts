import path from 'node:path';
import { openCorpus } from '../open-corpus';
import { ownCard } from '../testing/own-card';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';

afterAll(() => {
  delete process.env['SER_CARDS'];
  removeTemporaryFolders();
});

const card = {
  ...ownCard,
  labels: { classes: ['happy', 'sad'], map: { happy: 'happy', sad: 'sad', '3': 'sad' }, ignore: ['other'] },
};
const open = async (table: string, changes: object = {}): Promise<[string, string, unknown][]> => {
  const { manifest } = { ...card, ...changes };
  const root = tree({ 'card.json': JSON.stringify({ ...card, ...changes }), [manifest]: table });
  const { utterances } = await openCorpus(path.join(root, 'card.json'));
  return utterances.map(({ id, label, distribution }) => [id, label, distribution]);
};

test('a row an annotator, columns of opinions, columns of shares, and JSON say the same', async () => {
  const expected = [
    ['a.wav', 'happy', [0.75, 0.25]],
    ['b.wav', 'sad', undefined],
  ];
  const rows = ['r1,happy', 'r2,happy', 'r3,happy', 'r4,sad'].map((row) => `a.wav,ann,${row}`);
  expect(await open(['audio,speaker,annotator,label', ...rows, 'b.wav,bob,r1,sad'].join('\n'))).toEqual(expected);
  expect(
    await open('audio;speaker;r1;r2;r3;r4\na.wav;ann;happy;happy;happy;sad\nb.wav;bob;sad;;;\n', {
      columns: { label: ['r1', 'r2', 'r3', 'r4'] },
    }),
  ).toEqual(expected);
  expect(
    await open('audio\tspeaker\tp1\tp2\na.wav\tann\t0.75\t0.25\nb.wav\tbob\t0\t1\n', {
      columns: { label: { happy: 'p1', sad: 'p2' } },
    }),
  ).toEqual(expected);
  expect(
    await open(
      '{"audio":"a.wav","speaker":"ann","label":{"happy":3,"sad":1}}\n{"audio":"b.wav","speaker":"bob","label":3}\n',
      { manifest: 'm.jsonl' },
    ),
  ).toEqual(expected);
  expect(
    await open('audio,speaker,label\na.wav,ann,"[""happy"",""happy"",""happy"",""Sad""]"\nb.wav,bob,sad\n'),
  ).toEqual(expected);
});

test.each<[string, string, RegExp]>([
  ['an annotator twice', 'a.wav,ann,r1,happy\na.wav,ann,r1,sad', /r1 has labelled a.wav in an earlier line/],
  ['rows that disagree', 'a.wav,ann,r1,happy\na.wav,bob,r2,sad', /speaker of a.wav differs from line 2/],
])('%s', async (_name, rows, message) => {
  await expect(open(`audio,speaker,annotator,label\n${rows}\n`)).rejects.toThrow(message);
});

test('a card in a folder of SER_CARDS is found by its name, and its comments are passed over', async () => {
  const cards = tree({ 'mine.json': `// made by hand\n${JSON.stringify({ ...card, name: 'mine' })}` });
  const data = tree({ 'm.csv': 'audio,speaker,label\na.wav,ann,happy\nb.wav,bob,sad\n' });
  await expect(openCorpus('mine', data)).rejects.toThrow(/mine: no such corpus/);
  process.env['SER_CARDS'] = [tree({}), cards].join(path.delimiter);
  const { utterances } = await openCorpus('mine', data);
  expect(utterances.map(({ audio }) => audio)).toEqual([path.join(data, 'a.wav'), path.join(data, 'b.wav')]);
});
