import { card } from './cards';
import type { Corpus, Utterance } from './corpus';
import { foldedBy } from './folded-by';
import { folds, innerValidation } from './folds';
import { seededRandom } from './random';

const utterances = ['ann', 'bob', 'cy'].flatMap((speaker) =>
  ['s1', 's2', 's3', 's4', 's5'].map((sentence, i): Utterance => {
    const id = `${speaker}-${sentence}`;
    return { id, audio: `${id}.wav`, label: i % 2 ? 'sad' : 'happy', speaker, columns: { sentence, take: '1' } };
  }),
);
const corpus: Corpus = { card: card('ravdess'), root: '/', labels: ['happy', 'sad'], utterances, notes: [] };

test('by sentence: no sentence is on both sides, and shared speakers need consent and are named', () => {
  const bySentence = foldedBy(corpus, 'sentence');
  expect(() => folds(bySentence)).toThrow(/speaker ann, bob, cy on both sides.*--shared-speakers=allowed/);
  const made = folds(bySentence, { sharedSpeakers: 'allowed' });
  expect(made.map(({ name, testGroups }) => [name, testGroups])).toEqual(
    ['s1', 's2', 's3', 's4', 's5'].map((sentence) => [sentence, [sentence]]),
  );
  for (const fold of made) {
    expect(fold.sharedSpeakers).toEqual(['ann', 'bob', 'cy']);
    const sentences = (list: readonly Utterance[]): Set<string> =>
      new Set(list.map((u) => u.columns?.['sentence'] ?? ''));
    expect([...sentences(fold.train)].some((sentence) => sentences(fold.test).has(sentence))).toBe(false);
    const inner = innerValidation(fold, bySentence, { groups: 1, random: seededRandom(1) });
    expect(inner.validationGroups).toHaveLength(1);
    expect(sentences(inner.train).has(inner.validationGroups[0] ?? '')).toBe(false);
  }
});

test('a number of folds, and speakers one at a time in place of the listed folds of the card', () => {
  const dealt = folds(foldedBy(corpus, 'sentence:2'), { sharedSpeakers: 'allowed' });
  expect(dealt.map(({ testGroups }) => testGroups.length).sort()).toEqual([2, 3]);
  expect(folds(foldedBy(corpus, 'speaker')).map(({ name }) => name)).toEqual(['ann', 'bob', 'cy']);
});

test.each([
  ['sentense', /utterance ann-s1 of ravdess has no sentense; all have speaker, sentence, take/],
  ['sentence:1', /expected a column such as sentence, or sentence:5/],
  ['sentence:x', /expected a column such as sentence, or sentence:5/],
  [':3', /expected a column such as sentence, or sentence:5/],
])('%s is refused', (rule, message) => {
  expect(() => foldedBy(corpus, rule)).toThrow(message);
});
