import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crossCorpus } from './cross-corpus';
import { writeDemoCorpus } from './demo/write-demo-corpus';
import { innerValidation } from './folds';
import { openCorpus } from './open-corpus';
import { seededRandom } from './random';

const parent = mkdtempSync(path.join(os.tmpdir(), 'ser-cross-'));
const dir = path.join(parent, 'demo');
beforeAll(() => writeDemoCorpus(dir));
afterAll(() => rmSync(parent, { recursive: true }));

test('two cards of the demo: trained on the one, tested on the other, over the labels both have', async () => {
  const { corpus, fold } = await crossCorpus(await openCorpus('demo-first', dir), await openCorpus('demo-second', dir));
  // The order of the training corpus; happy is not in the second.
  expect(corpus.labels).toEqual(['neutral', 'sad', 'angry']);
  expect(fold.train).toHaveLength(144);
  expect(fold.test).toHaveLength(144);
  expect(fold.testGroups).toEqual(['05', '06', '07', '08'].map((s) => `demo-first/${s}`));
  expect(new Set(corpus.utterances.map((u) => u.id)).size).toBe(288);
  expect(corpus.notes[0]).toBe('labels in both: neutral, sad, angry; 48 utterances with other labels left out');
  const inner = innerValidation(fold, corpus, { groups: 1, random: seededRandom(1) });
  expect(inner.validation).toHaveLength(36);
});

test('a corpus is not tested on its own speakers, under whatever card', async () => {
  await expect(crossCorpus(await openCorpus('demo', dir), await openCorpus('demo-second', dir))).rejects.toThrow(
    /in both demo and demo-second|on both sides/,
  );
});

test('corpora with equal names for different people are told apart', async () => {
  const other = path.join(parent, 'other');
  cpSync(dir, other, { recursive: true });
  const { fold } = await crossCorpus(await openCorpus('demo', dir), await openCorpus('demo-first', other));
  expect(fold.testGroups[0]).toBe('demo-first/01');
  expect(fold.train[0]?.speaker).toBe('demo/01');
});

test('without two labels in common there is nothing to evaluate', async () => {
  const first = await openCorpus('demo-first', dir);
  await expect(crossCorpus(first, { ...first, labels: ['sad', 'bored'] })).rejects.toThrow(
    /share only the label sad, expected at least two/,
  );
});
