import { createHash } from 'node:crypto';
import type { Utterance } from '@ser/datasets';
import { heardOf } from '../record/heard';
import { unseenBy } from './seen';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const utterances = ['a', 'b', 'c', 'd'].map((id, i): Utterance => {
  return { id, audio: `${id}.wav`, label: 'sad', speaker: i < 2 ? 'ann' : 'bob' };
});
const audio = new Map(utterances.map(({ id, audio: path }) => [path, sha(id)]));
const idsOf = (list: readonly Utterance[]): string => list.map(({ id }) => id).join('');

test('audio that was heard is found in whatever corpus; speakers only in the same', () => {
  const model = { corpus: 'other', heard: heardOf([sha('a'), sha('x')], ['ann', 'bob']) };
  expect(() => unseenBy([model], 'own', utterances, audio, 'refused')).toThrow(
    'own: the model was trained on 1 of its 4 utterances (a): it is not tested on them; --seen=left-out',
  );
  expect(idsOf(unseenBy([model], 'own', utterances, audio, 'left-out').utterances)).toBe('bcd');
  const same = { corpus: 'own', heard: heardOf([sha('a')], ['ann']) };
  expect(() => unseenBy([same], 'own', utterances, audio, 'refused')).toThrow(
    'trained on 1 of its 4 utterances (a) and on the speakers of 1 others',
  );
  expect(idsOf(unseenBy([same], 'own', utterances, audio, 'left-out').utterances)).toBe('cd');
  const allowed = unseenBy([same], 'own', utterances, audio, 'allowed');
  expect(idsOf(allowed.utterances)).toBe('abcd');
  expect(allowed.notes).toEqual([expect.stringContaining('Not a test of what is new to the model')]);
});

test('several models together have heard what any of them has', () => {
  const models = ['a', 'b'].map((id) => ({ corpus: 'other', heard: heardOf([sha(id)], []) }));
  expect(idsOf(unseenBy(models, 'own', utterances, audio, 'left-out').utterances)).toBe('cd');
});

test('a model from training on two corpora has the name of its own in front of its speakers', () => {
  const model = { corpus: 'own', heard: heardOf([], ['own/bob']) };
  expect(idsOf(unseenBy([model], 'own', utterances, audio, 'left-out').utterances)).toBe('ab');
});

test('a model that does not say what it was trained on is refused on its own corpus, and a note on others', () => {
  expect(() => unseenBy([{ corpus: 'own' }], 'own', utterances, audio, 'left-out')).toThrow('does not say on which');
  expect(unseenBy([{ corpus: 'own' }], 'own', utterances, audio, 'allowed').notes[0]).toMatch(/^Not a test: /);
  expect(unseenBy([{ corpus: 'other' }], 'own', utterances, audio, 'refused').notes[0]).toContain('was not looked at');
});

test('nothing to say of a model that has heard nothing of it; nothing left is an error', () => {
  const fresh = { corpus: 'other', heard: heardOf([sha('x')], ['ann']) };
  expect(unseenBy([fresh], 'own', utterances, audio, 'refused')).toEqual({ utterances, notes: [] });
  const all = {
    heard: heardOf(
      utterances.map(({ id }) => sha(id)),
      [],
    ),
  };
  expect(() => unseenBy([all], 'own', utterances, audio, 'left-out')).toThrow('nothing is left to test it on');
});
