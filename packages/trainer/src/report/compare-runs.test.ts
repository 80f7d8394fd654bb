import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareCommand } from '../commands/compare';
import { compareRuns } from './compare-runs';
import { writeSyntheticRun } from '../testing/synthetic-run';
import { comparisonText } from './write-comparison';

let root: string;
const at = (name: string): string => join(root, name);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ser-compare-'));
  const common = { folds: 2, perFold: 150 };
  await writeSyntheticRun(at('good'), { ...common, skill: 0.85, seed: 2, config: { pool: 'flam' } });
  await writeSyntheticRun(at('poor'), { ...common, skill: 0.55, seed: 1, config: { pool: 'mean' } });
  await writeSyntheticRun(at('half'), { ...common, skill: 0.55, seed: 1, unfinished: [2] });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const few = { resamples: 200 };

it('finds a large difference on the shared utterances, and none of a run to its copy', async () => {
  const { wa, ua, mcnemar, shared, a, b } = await compareRuns(at('poor'), at('good'), few);
  expect(shared).toBe(300);
  expect(wa.difference).toBeCloseTo(b.wa - a.wa, 12);
  expect(ua.difference).toBeCloseTo(b.ua - a.ua, 12);
  expect(wa.interval.low).toBeGreaterThan(0.1);
  expect(mcnemar.p).toBeLessThan(1e-6);
  // Net gains are the difference in right answers: two independent counts of the same thing.
  expect((mcnemar.onlyB - mcnemar.onlyA) / shared).toBeCloseTo(wa.difference, 12);
  await writeSyntheticRun(at('copy'), { folds: 2, perFold: 150, skill: 0.55, seed: 1 });
  const same = await compareRuns(at('poor'), at('copy'), few);
  expect(same.mcnemar).toEqual({ onlyA: 0, onlyB: 0, p: 1 });
  expect(same.ua).toEqual({ difference: 0, interval: { low: 0, high: 0 } });
});

it('compares finished folds only and counts what was left out', async () => {
  const { shared, a, b } = await compareRuns(at('good'), at('half'), few);
  expect([shared, a.alone, b.alone]).toEqual([150, 150, 0]);
});

it('takes classes in another order for the same classes', async () => {
  const labels = ['a', 'b', 'c'];
  await writeSyntheticRun(at('abc'), { folds: 1, labels, seed: 5 });
  await writeSyntheticRun(at('cba'), { folds: 1, labels, seed: 5 });
  const path = at('cba/fold-1/fold.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('["a","b","c"]', '["c","b","a"]'));
  expect((await compareRuns(at('abc'), at('cba'), few)).mcnemar.p).toBe(1);
});

it('refuses runs that cannot be compared, in one line', async () => {
  await writeSyntheticRun(at('four'), { folds: 1, labels: ['a', 'b', 'c', 'd'] });
  await writeSyntheticRun(at('none'), { folds: 1, unfinished: [1] });
  const refused = async (a: string, b: string, message: RegExp): Promise<void> => {
    await expect(compareRuns(at(a), at(b))).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(message),
    });
  };
  await refused('good', 'good', /expected two different runs/);
  await refused('good', 'four', /good has the classes neutral, .*, four has a, b, c, d/);
  await refused('good', 'none', /none \(0\) share no utterance/);
  await refused('good', 'absent', /absent: no such run folder/);
  await writeSyntheticRun(at('relabelled'), { folds: 1, perFold: 150 });
  const path = at('relabelled/fold-1/predictions.jsonl');
  const line = JSON.parse((await readFile(path, 'utf8')).split('\n')[0] ?? '') as { label: string };
  await appendFile(path, `${JSON.stringify({ ...line, label: line.label === 'sad' ? 'calm' : 'sad' })}\n`);
  await refused('good', 'relabelled', /is \w+ in good and \w+ in relabelled/);
});

it('prints a table and writes a page', async () => {
  const written: string[] = [];
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await compareCommand().parseAsync([at('poor'), at('good'), at('half')], { from: 'user' });
  } finally {
    spy.mockRestore();
  }
  const output = written.join('');
  expect(output).toMatch(/good +300 +8\d\.\d +8\d\.\d +\+\d+\.\d \[\+\d+\.\d, \+\d+\.\d\].*< 0\.001/);
  const page = await readFile(at('compare-poor-good-half.html'), 'utf8');
  expect(page).toContain('Settings that differ');
  expect(page).toContain('<code>pool</code>');
  expect(page).not.toMatch(/NaN|undefined|<script/);
  await expect(compareCommand().parseAsync([at('poor')], { from: 'user' })).rejects.toThrow('at least two run folders');
});

it('has nothing to print for no comparison', () => {
  expect(comparisonText([])).toBe('');
});
