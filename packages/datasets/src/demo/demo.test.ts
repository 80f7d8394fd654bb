import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeAll } from '../audio/decoder';
import type { Corpus } from '../corpus';
import { folds } from '../folds';
import { openCorpus } from '../open-corpus';
import { removeTemporaryFolders, temporaryFolder } from '../testing/temporary-folder';
import { writeDemoCorpus } from './write-demo-corpus';

let corpus: Corpus;
let waves: ReadonlyMap<string, Float32Array>;
beforeAll(async () => {
  corpus = await openCorpus('demo', path.join(temporaryFolder(), 'demo'));
  const decoded = await decodeAll(corpus.utterances, { workers: 1 });
  waves = new Map(corpus.utterances.map(({ id }, i) => [id, decoded[i] as Float32Array]));
});
afterAll(removeTemporaryFolders);

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test('has the layout, names and counts of its card, and four folds of two speakers', () => {
  expect(corpus.utterances).toHaveLength(384);
  expect(path.relative(corpus.root, corpus.utterances[0]?.audio ?? '')).toBe(
    'Actor_01/03-01-01-01-01-01-01.wav'.split('/').join(path.sep),
  );
  expect(folds(corpus).map((fold) => fold.testGroups)).toEqual([
    ['01', '02'],
    ['03', '04'],
    ['05', '06'],
    ['07', '08'],
  ]);
});

test('every utterance is sound that is neither silent nor clipped, 0.8 to 1.8 s long', () => {
  for (const wave of waves.values()) {
    expect(wave.length / 16_000).toBeGreaterThan(0.8);
    expect(wave.length / 16_000).toBeLessThan(1.8);
    let peak = 0;
    for (const x of wave) peak = x > peak ? x : -x > peak ? -x : peak;
    expect(peak).toBeGreaterThan(0.02);
    expect(peak).toBeLessThan(0.995);
  }
});

test('no two utterances are the same, and writing it again gives the same bytes', async () => {
  const digests = corpus.utterances.map(({ audio }) => digest(audio));
  expect(new Set(digests).size).toBe(384);
  const again = path.join(temporaryFolder(), 'again');
  await writeDemoCorpus(again);
  expect(corpus.utterances.map(({ audio }) => digest(path.join(again, path.relative(corpus.root, audio))))).toEqual(
    digests,
  );
});

test('emotions are told from speakers never heard, by level, length and brightness alone', () => {
  const features = new Map<string, number[]>();
  for (const [id, wave] of waves) {
    let energy = 0;
    let difference = 0;
    for (let i = 1; i < wave.length; i++) {
      energy += (wave[i] ?? 0) ** 2;
      difference += ((wave[i] ?? 0) - (wave[i - 1] ?? 0)) ** 2;
    }
    features.set(id, [
      Math.log(energy / wave.length) / 2,
      8 * Math.log(wave.length),
      2 * Math.log(difference / energy),
    ]);
  }
  const of = (id: string): number[] => features.get(id) ?? [];
  let right = 0;
  for (const fold of folds(corpus)) {
    const centroids = corpus.labels.map((label) => {
      const same = fold.train.filter((u) => u.label === label);
      return [0, 1, 2].map((f) => same.reduce((sum, u) => sum + (of(u.id)[f] ?? 0), 0) / same.length);
    });
    for (const { id, label } of fold.test) {
      const distances = centroids.map((c) => c.reduce((sum, x, f) => sum + (x - (of(id)[f] ?? 0)) ** 2, 0));
      if (corpus.labels[distances.indexOf(Math.min(...distances))] === label) right++;
    }
  }
  // Chance is 25 %; not all, or there would be nothing to learn.
  expect(right / 384).toBeGreaterThan(0.55);
  expect(right / 384).toBeLessThan(0.98);
});

test('two processes at once leave one whole corpus and nothing else', async () => {
  const parent = temporaryFolder();
  const dir = path.join(parent, 'demo');
  const module = pathToFileURL(path.join(__dirname, 'write-demo-corpus.ts')).href;
  const code = `import(${JSON.stringify(module)}).then((m) => m.writeDemoCorpus(${JSON.stringify(dir)}))`;
  const run = (): Promise<number | null> =>
    new Promise((resolve) =>
      spawn(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', '-e', code], { stdio: 'inherit' }).on(
        'exit',
        resolve,
      ),
    );
  expect(await Promise.all([run(), run()])).toEqual([0, 0]);
  expect(readdirSync(parent)).toEqual(['demo']);
  expect(await openCorpus('demo', dir)).toMatchObject({ utterances: { length: 384 } });
});

test('a folder with something else in it is left alone', async () => {
  const dir = temporaryFolder();
  writeFileSync(path.join(dir, 'thesis.txt'), 'mine');
  await expect(openCorpus('demo', dir)).rejects.toThrow(/the demo corpus cannot be put here/);
  expect(readdirSync(dir)).toEqual(['thesis.txt']);
});
