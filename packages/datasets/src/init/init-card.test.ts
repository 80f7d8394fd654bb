import { readFileSync } from 'node:fs';
import path from 'node:path';
import { corpusLayouts } from '../../../../tools/test-support/corpus-layouts';
import { folds } from '../folds';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, tree } from '../testing/temporary-folder';
import { toneWav } from '../testing/wav-bytes';
import { initCard } from './init-card';

afterAll(removeTemporaryFolders);

test.each(corpusLayouts().map((layout) => [layout.name, layout] as const))('%s', async (_name, layout) => {
  const root = tree(Object.fromEntries(layout.files));
  const { file, lines } = await initCard(root);
  if (layout.card !== undefined) {
    expect(lines).toEqual([
      `this looks like ${layout.card}, which has a card: --dataset=${layout.card} --data-dir=<folder>`,
    ]);
  }
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  const corpus = await openCorpus(file ?? layout.card ?? '', root, { allowIncomplete: true });
  const found = {
    utterances: corpus.utterances.length,
    speakers: new Set(corpus.utterances.map((u) => u.speaker)).size,
    classes: corpus.labels.length,
  };
  const { utterances, speakers, classes } = layout;
  if (JSON.stringify(found) !== JSON.stringify({ utterances, speakers, classes })) {
    throw new Error(`${JSON.stringify(found)}\n${lines.join('\n')}\n${text}`);
  }
  folds(corpus, { sharedSpeakers: layout.flags.length > 0 ? 'allowed' : 'refused' });
});

test('what cannot be decided is said, and nothing is overwritten', async () => {
  const root = tree({ 'a.wav': toneWav(), 'b.wav': toneWav() });
  await expect(initCard(root)).rejects.toThrow(/2 audio files, and neither their names \(a.wav\) nor a table/);
  await expect(initCard(path.join(root, 'none'))).rejects.toThrow(/no such file or folder/);
  await expect(initCard(tree({ 'x.txt': '' }))).rejects.toThrow(/no audio file here or below/);
  const there = tree({ 'x/happy_1.wav': toneWav(), 'card.json': '{}' });
  await expect(initCard(there)).rejects.toThrow(/card.json: is there already; --out names another file/);
});

test('a hostile name stays a comment', async () => {
  const root = tree({
    'm.csv': 'file,emotion,speaker\na.wav,"happy\n\\"", ann\nb.wav,sad,bob\n'.replace('\\"', ''),
    'a.wav': toneWav(),
    'b.wav': toneWav(),
  });
  const { file } = await initCard(root);
  const text = readFileSync(file ?? '', 'utf8');
  expect(text).toMatch(/^\s*\/\/ Counts: .*happy.* 1, sad 1\.$/m);
  expect((await openCorpus(file ?? '')).utterances).toHaveLength(2);
});
