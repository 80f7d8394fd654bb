import type { Corpus } from './corpus';
import { card } from './cards';
import { matchLabels } from './match-labels';

const labels = ['Anger', 'calm', 'boredom', 'sad'];
const corpus: Corpus = {
  card: { ...card('emo-db'), name: 'own' },
  root: '/',
  labels,
  utterances: [...labels, 'boredom'].map((label, i) => ({ id: `u${i}`, audio: `${i}.wav`, label, speaker: 's' })),
  notes: ['a note'],
};
const model = { name: 'the model', labels: ['sad', 'anger ', 'neutral', 'happy'] };

test('labels match without case and spaces; what is left out, and what nobody says, is counted and named', () => {
  const matched = matchLabels(corpus, model);
  expect(matched.corpus.labels).toEqual(model.labels);
  expect(matched.corpus.utterances.map(({ id, label }) => [id, label])).toEqual([
    ['u0', 'anger '],
    ['u3', 'sad'],
  ]);
  expect(matched.absent).toEqual(['neutral', 'happy']);
  expect(matched.corpus.notes).toEqual([
    'a note',
    'labels of own: Anger, calm, boredom, sad; of the model: sad, anger , neutral, happy',
    'utterances with labels that the model does not know are left out: 2 boredom, 1 calm',
    'the model knows labels that no utterance has, and may say them: neutral, happy',
  ]);
});

test('a map takes labels for others; several may become one, and shares are added', () => {
  const shares = [0.2, 0.3, 0.1, 0.4];
  const soft = corpus.utterances.map((u) => ({ ...u, distribution: shares }));
  const map = { calm: 'NEUTRAL', BOREDOM: 'neutral' };
  const matched = matchLabels({ ...corpus, utterances: soft }, model, { map });
  expect(matched.corpus.utterances.map(({ label }) => label)).toEqual([
    'anger ',
    'neutral',
    'neutral',
    'sad',
    'neutral',
  ]);
  for (const { distribution = [] } of matched.corpus.utterances) {
    expect(distribution.map((x) => Math.round(1e6 * x) / 1e6)).toEqual([0.4, 0.2, 0.4, 0]);
  }
  expect(matched.corpus.notes).toContain('labels taken for others: calm as neutral, boredom as neutral');
});

test('what the model does not know at all is an error that lists both sets and suggests', () => {
  const other = { name: 'the model', labels: ['angry', 'sadness', 'happy'] };
  expect(() => matchLabels(corpus, other)).toThrow(
    'own has no utterance with a label of the model, expected at least two: labels of own: Anger, calm, boredom, sad; ' +
      'of the model: angry, sadness, happy; may be the same: Anger and angry, sad and sadness ' +
      '(--labels-map=A=B takes label A of the corpus for B of the model)',
  );
  expect(matchLabels(corpus, other, { map: { anger: 'angry', sad: 'sadness' } }).corpus.utterances).toHaveLength(2);
  expect(() => matchLabels(corpus, other, { map: { angry: 'angry' } })).toThrow(
    '--labels-map: own has no label angry, expected one of Anger, calm, boredom, sad',
  );
  expect(() => matchLabels(corpus, other, { map: { sad: 'sorry' } })).toThrow(
    '--labels-map: the model has no label sorry',
  );
});
