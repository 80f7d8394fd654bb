import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun } from '../record/read-run';
import { writeSyntheticRun } from '../testing/synthetic-run';
import { joinRuns } from './join-runs';
import { summarize } from './summarize';
import { writeReportOf } from './write-report';

const root = mkdtempSync(join(tmpdir(), 'ser-join-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [all, one, two] = ['all', 'one', 'two'].map((name) => join(root, name)) as [string, string, string];
const fingerprint = { labels: ['a'], utterances: 'u', labelled: 'l', speakers: 's', audio: 'a', settings: {} };

beforeAll(async () => {
  await writeSyntheticRun(all, { folds: 3, seed: 1 });
  for (const fold of [1, 2, 3]) mark(all, fold, {});
  for (const [dir, gone] of [
    [one, [3]],
    [two, [1, 2]],
  ] as const) {
    cpSync(all, dir, { recursive: true });
    for (const fold of gone) rmSync(join(dir, `fold-${fold}`), { recursive: true });
  }
});

/** Says of a fold what it was made from. */
function mark(dir: string, fold: number, more: object): void {
  const path = join(dir, `fold-${fold}`, 'fold.json');
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...(file as object), fingerprint: { ...fingerprint, ...more } }));
}

test('folds trained in two places give the numbers of one', async () => {
  const joined = summarize(await joinRuns([one, two, one]), { resamples: 50 });
  const whole = summarize(await readRun(all), { resamples: 50 });
  expect(joined.complete).toBe(true);
  expect(joined.pooled).toEqual(whole.pooled);
  const { htmlPath } = await writeReportOf(await joinRuns([one, two]), { dir: join(root, 'out'), resamples: 50 });
  expect(htmlPath).toBe(join(root, 'out', 'report.html'));
});

test('a fold that is done twice, and folds of other data, are refused', async () => {
  await expect(joinRuns([all, one])).rejects.toThrow(/fold 1 is done in .*all and in .*one: expected it in one/);
  mark(two, 3, { audio: 'other' });
  await expect(joinRuns([one, two])).rejects.toThrow(/two was not made from the same data/);
});
