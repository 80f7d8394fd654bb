import path from 'node:path';
import { folds } from './folds';
import { openCorpus } from './open-corpus';
import { ownCard } from './testing/own-card';
import { removeTemporaryFolders, tree } from './testing/temporary-folder';
import { toneWav } from './testing/wav-bytes';

afterAll(removeTemporaryFolders);

/** Two women and a man, three sentences, soft labels; only the man is ever afraid. */
function corpus(): string {
  const rows = ['ann,f', 'eve,f', 'bob,m'].flatMap((who) =>
    ['s1', 's2', 's3'].map((sentence, i) => {
      const [speaker = '', gender] = who.split(',');
      const shares = speaker === 'bob' && i === 0 ? '0.2,0,0.8' : i === 1 ? '0.3,0.7,0' : '1,0,0';
      return `${speaker}-${sentence},a.wav,${0.1 * i},${0.1 * (i + 1)},${speaker},${gender},${sentence},${shares}`;
    }),
  );
  const header = 'id,audio,start,end,speaker,gender,sentence,calm_p,angry_p,afraid_p';
  const wavs = Object.fromEntries(['ann', 'eve', 'bob'].map((name) => [`${name}.wav`, toneWav(300, 0.3)]));
  const table = [header, ...rows.map((row) => row.replace('a.wav', `${row.split('-')[0]}.wav`))].join('\n');
  const card = {
    ...ownCard,
    columns: { label: { calm: 'calm_p', angry: 'angry_p', afraid: 'afraid_p' } },
    labels: {
      classes: ['calm', 'afraid', 'angry'],
      map: { calm: 'calm', afraid: 'afraid', angry: 'angry' },
    },
    expected: { utterances: 9 },
  };
  return path.join(tree({ ...wavs, 'm.csv': table, 'card.json': JSON.stringify(card) }), 'card.json');
}

test('where: only what has one of the values in every column, compared after the counts of the card', async () => {
  const { utterances, notes } = await openCorpus(corpus(), undefined, { where: 'gender=f, sentence = s1|s3' });
  expect(utterances.map(({ id }) => id)).toEqual(['ann-s1', 'ann-s3', 'eve-s1', 'eve-s3']);
  expect(notes).toEqual(['4 of 9 utterances are chosen by gender=f, sentence = s1|s3; none is left of afraid, angry']);
});

test('a class without utterances is no label any more, and shares of labels follow', async () => {
  const whole = await openCorpus(corpus());
  expect([whole.labels, whole.utterances.find(({ id }) => id === 'ann-s2')?.distribution]).toEqual([
    ['calm', 'afraid', 'angry'],
    [0.3, 0, 0.7],
  ]);
  const women = await openCorpus(corpus(), undefined, { where: 'gender=f' });
  expect([women.labels, women.utterances.find(({ id }) => id === 'ann-s2')?.distribution]).toEqual([
    ['calm', 'angry'],
    [0.3, 0.7],
  ]);
});

test('folds by another column, and their number', async () => {
  const shared = { sharedSpeakers: 'allowed' } as const;
  const bySentence = folds(await openCorpus(corpus(), undefined, { foldsBy: 'sentence' }), shared);
  expect(bySentence.map(({ name, test: held }) => [name, held.length])).toEqual([
    ['s1', 3],
    ['s2', 3],
    ['s3', 3],
  ]);
  const two = folds(await openCorpus(corpus(), undefined, { foldsBy: 'speaker:2' }));
  expect(two.map(({ test: held }) => held.length).sort()).toEqual([3, 6]);
  const chosen = await openCorpus(corpus(), undefined, { where: 'gender=f', foldsBy: 'speaker' });
  expect(folds(chosen).map(({ name }) => name)).toEqual(['ann', 'eve']);
});

test.each([
  [{ where: 'gender' }, '--where=gender: expected rules such as'],
  [{ where: 'gendre=f' }, 'no utterance has gendre; there are label, speaker, gender, sentence'],
  [{ where: 'gender=female' }, 'no utterance has the gender female; there are f, m'],
  [{ where: 'gender=f,speaker=bob' }, 'no utterance has all of these'],
  [
    { foldsBy: 'phrase' },
    '--folds-by=phrase: no utterance has phrase; expected one of label, speaker, gender, sentence',
  ],
  [{ foldsBy: 'sentence:0' }, 'no utterance has sentence:0'],
])('%j is refused with what there is', async (options, message) => {
  await expect(openCorpus(corpus(), undefined, options)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(message),
  });
});
