import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encode } from 'node-wav';
import { dataCommand } from './data';

const root = mkdtempSync(path.join(os.tmpdir(), 'ser-data-'));
const cardPath = path.join(root, 'card.json');
let printed: string;

beforeAll(() => {
  mkdirSync(path.join(root, 'audio'));
  const rows = ['ann', 'bob', 'cy'].flatMap((speaker, s) =>
    ['calm', 'upset'].map((label, l) => {
      const tone = Float32Array.from({ length: 1600 }, (_, n) => 0.3 * Math.sin((0.1 + 0.05 * s + 0.02 * l) * n));
      writeFileSync(
        path.join(root, 'audio', `${speaker}-${label}.wav`),
        encode([tone], { sampleRate: 16_000, float: false, bitDepth: 16 }),
      );
      return JSON.stringify({ audio: `audio/${speaker}-${label}.wav`, label, speaker });
    }),
  );
  writeFileSync(path.join(root, 'rows.jsonl'), rows.join('\n'));
  const labels = { classes: ['calm', 'upset'], map: { calm: 'calm', upset: 'upset' } };
  const license = { name: 'ours', access: 'own' };
  const card = {
    name: 'own',
    title: 'Own',
    license,
    source: { citation: 'us' },
    reader: 'manifest',
    manifest: 'rows.jsonl',
    labels,
    folds: { by: 'speaker' },
  };
  writeFileSync(cardPath, JSON.stringify(card));
});
beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
});
afterAll(() => rmSync(root, { recursive: true }));

const run = (...args: string[]): Promise<unknown> => dataCommand().parseAsync(args, { from: 'user' });

test('check prints counts, folds and what is wrong', async () => {
  await run('check', cardPath, '--workers', '0');
  expect(printed).toContain('own: 6 utterances, 3 speakers');
  expect(printed).toContain('folds: 3, no speaker in train and test');
  expect(printed).toContain('duplicates by content: none');
  expect(process.exitCode ?? 0).toBe(0);
});

test('check of a corpus with a broken file names it and ends with code 2', async () => {
  const broken = path.join(root, 'audio', 'cy-calm.wav');
  writeFileSync(broken, 'RIFF');
  await run('check', cardPath, '--workers', '0');
  expect(printed).toContain(`unreadable: 1\n  ${broken}: `);
  expect(process.exitCode).toBe(2);
});

test('folds, for people and as JSON', async () => {
  await run('folds', cardPath);
  expect(printed).toContain('1  test speaker ann: train 4 (calm 2, upset 2); test 2 (calm 1, upset 1)');
  printed = '';
  await run('folds', cardPath, '--json');
  expect(JSON.parse(printed)).toMatchObject([{ fold: 1, test: { groups: { ann: 2 } } }, { fold: 2 }, { fold: 3 }]);
});

test('get of a licensed corpus says where to ask', async () => {
  await run('get', 'iemocap');
  expect(printed).toMatch(/ask: .*\nunpack: /);
});

test('a corpus that is not there is bad input', async () => {
  await expect(run('check', 'ravdess', '--data-dir', '/nowhere')).rejects.toMatchObject({ name: 'InputError' });
});
