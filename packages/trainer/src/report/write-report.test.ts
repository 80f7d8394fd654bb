import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSyntheticRun } from '../testing/synthetic-run';
import { readRun } from '../record/read-run';
import { writeReport } from './write-report';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ser-report-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const now = new Date('2026-01-02T03:04:05Z');
const options = { resamples: 200, now };

async function fresh(name: string, run: Parameters<typeof writeSyntheticRun>[1] = {}): Promise<string> {
  const dir = join(root, name);
  await writeSyntheticRun(dir, run);
  return dir;
}

describe('a finished run', () => {
  it('is reported from its predictions, in JSON and in one page', async () => {
    const dir = await fresh('finished');
    const { report, htmlPath, jsonPath } = await writeReport(dir, options);
    expect(report.complete).toBe(true);
    expect(report.utterances).toBe(180);
    const right = report.pooled.confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
    expect(report.pooled.wa).toBe(right / 180);
    expect(report.pooled.intervals.wa.low).toBeLessThan(report.pooled.wa);
    expect(report.pooled.intervals.wa.high).toBeGreaterThan(report.pooled.wa);
    expect(report.speakers).toHaveLength(12);
    expect(report.hardest.every(({ label, predicted }) => label !== predicted)).toBe(true);
    expect(JSON.parse(await readFile(jsonPath, 'utf8'))).toMatchObject({ complete: true, labels: report.labels });
    const page = await readFile(htmlPath, 'utf8');
    for (const part of [
      'Complete: 3 of 3 folds',
      'ser cv --dataset=ravdess',
      'Yu et al. [34]',
      'Expected calibration',
    ]) {
      expect(page.replace(/\s+/g, ' ')).toContain(part);
    }
  });

  it('needs nothing from anywhere: no script, no address that is fetched', async () => {
    const { htmlPath } = await writeReport(await fresh('offline'), options);
    const page = await readFile(htmlPath, 'utf8');
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|\son\w+=/i);
    expect(page.replace(/xmlns(:xlink)?="[^"]*"/g, '')).not.toMatch(/https?:|url\((?!#)/);
    expect(page).toContain("default-src 'none'");
    // Every drawing has a name, and colours come from the theme alone.
    expect(page.match(/<svg /g)?.length).toBe(page.match(/<svg role="img"[^>]*><title>/g)?.length);
    expect(page).not.toMatch(/#00c[ab]0/);
  });

  it('is the same page for the same run', async () => {
    const dir = await fresh('again');
    const first = await readFile((await writeReport(dir, options)).htmlPath, 'utf8');
    const second = await readFile((await writeReport(dir, options)).htmlPath, 'utf8');
    expect(second).toBe(first);
  });

  it('shows Table 2 for SAVEE', async () => {
    const dir = await fresh('savee', { labels: ['a', 'b', 'c'], config: { dataset: 'savee' } });
    const page = await readFile((await writeReport(dir, options)).htmlPath, 'utf8');
    expect(page).toContain('In the form of Table 2');
    expect(page).toContain('Human [37]');
  });
});

describe('an unfinished run', () => {
  it('names the folds that are missing and counts only finished ones', async () => {
    const dir = await fresh('half', { folds: 4, unfinished: [2], missing: [4] });
    const { report, htmlPath } = await writeReport(dir, options);
    expect(report.complete).toBe(false);
    expect(report.missingFolds).toEqual([2, 4]);
    expect(report.utterances).toBe(120);
    expect(report.folds.map(({ status }) => status)).toEqual(['done', 'unfinished', 'done', 'missing']);
    const page = (await readFile(htmlPath, 'utf8')).replace(/\s+/g, ' ');
    expect(page).toContain('Incomplete: 2 of 4 folds are done. Missing: fold 2 (stopped after 2 epochs), 4.');
  });

  it('is written even before the first fold is done', async () => {
    const { report, htmlPath } = await writeReport(
      await fresh('start', { folds: 2, unfinished: [1], missing: [2] }),
      options,
    );
    expect(report.pooled.wa).toBeNaN();
    const page = await readFile(htmlPath, 'utf8');
    expect(page).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it('survives a last line that was being written', async () => {
    const dir = await fresh('cut', { folds: 2, unfinished: [2] });
    await appendFile(join(dir, 'fold-2/metrics.jsonl'), '{"type":"step","fold":2,"ep');
    expect((await readRun(dir)).folds[1]?.epochs).toHaveLength(2);
  });

  it('keeps the last row of an epoch that was run twice and averages the steps of one under way', async () => {
    const dir = await fresh('resumed', { folds: 1, epochs: 2 });
    const row = (type: string, epoch: number, step: number, loss: number): string =>
      `${JSON.stringify({ type, fold: 1, epoch, step, loss, components: { kl: { raw: loss, weighted: loss } }, learningRates: { model: 1, centers: 1 }, seconds: 1 })}\n`;
    const path = join(dir, 'fold-1/metrics.jsonl');
    await appendFile(
      path,
      row('epoch', 2, 10, 5) + row('step', 3, 11, 1) + row('step', 3, 12, 7) + row('step', 3, 12, 3),
    );
    const losses = (await readRun(dir)).folds[0]?.epochs.slice(1).map(({ epoch, loss }) => [epoch, loss]);
    expect(losses).toEqual([
      [2, 5],
      [3, 2],
    ]);
  });
});

describe('a damaged run ends in one line that names the file', () => {
  it.each([
    ['no folder', 'absent', undefined, /no such run folder/],
    ['a damaged line', 'fold-1/predictions.jsonl', '{"id": \n{}\n', /predictions\.jsonl:1: expected one JSON object/],
    [
      'a line of another kind',
      'fold-1/predictions.jsonl',
      '{"id":"x"}\n',
      /predictions\.jsonl:1: expected a prediction.*fold/,
    ],
    ['a damaged fold.json', 'fold-1/fold.json', '{"fold":1', /fold\.json: not JSON/],
    ['a fold.json without results', 'fold-1/fold.json', '{"fold":1}', /fold\.json: expected a finished fold/],
    ['a damaged config', 'config.json', 'dataset: demo', /config\.json: not JSON/],
    [
      'an unknown label',
      'fold-1/predictions.jsonl',
      '{"id":"x","fold":1,"speaker":"1","label":"bored","predicted":"sad","probabilities":[1,0]}\n',
      /x has the label "bored", expected one of neutral/,
    ],
    [
      'probabilities of other classes',
      'fold-1/predictions.jsonl',
      '{"id":"x","fold":1,"speaker":"1","label":"sad","predicted":"sad","probabilities":[1,0]}\n',
      /x has 2 probabilities, expected 8/,
    ],
  ])('%s', async (name, path, content, message) => {
    const dir = await fresh(`bad ${name}`);
    if (content !== undefined) await writeFile(join(dir, path), content);
    const run = writeReport(content === undefined ? join(dir, path) : dir, options);
    await expect(run).rejects.toMatchObject({ name: 'InputError', message: expect.stringMatching(message) });
  });

  it('an empty folder', async () => {
    const dir = await mkdtemp(join(root, 'empty-'));
    await expect(writeReport(dir)).rejects.toThrow('expected a run folder with config.json');
  });

  it('a finished fold without its predictions', async () => {
    const dir = await fresh('lost');
    await rm(join(dir, 'fold-2/predictions.jsonl'));
    await expect(writeReport(dir)).rejects.toThrow('predictions.jsonl is missing');
  });
});

it('warns of predictions that are doubled, too few, or in two folds', async () => {
  const dir = await fresh('doubled', { folds: 2 });
  const first = (await readFile(join(dir, 'fold-1/predictions.jsonl'), 'utf8')).split('\n')[0] ?? '';
  await appendFile(join(dir, 'fold-1/predictions.jsonl'), `${first}\n`);
  await appendFile(join(dir, 'fold-2/predictions.jsonl'), `${first}\n`);
  const { warnings } = await readRun(dir);
  expect(warnings.join(' ')).toMatch(
    /more than one prediction for .*should have 60 predictions and has 61.*tested in fold 1 and in fold 2/,
  );
});

it('rebuilds the command from where the settings came', async () => {
  const origins = {
    dataset: '--dataset',
    dataDir: '--data-dir',
    lr: 'my rates.yaml:3',
    pool: 'preset demo',
    folds: '--folds',
    seed: 'default',
  };
  const dir = await fresh('command', {
    folds: 1,
    config: { origins, dataDir: "corpus of Anna's", command: undefined },
  });
  const { report } = await writeReport(dir, options);
  expect(report.command).toBe(
    "ser cv --preset=demo --config='my rates.yaml' --dataset=ravdess --data-dir='corpus of Anna'\\''s'",
  );
});

it('says of the demo corpus that its numbers mean nothing', async () => {
  const dir = await fresh('demo', { folds: 1, config: { dataset: 'demo' } });
  expect(await readFile((await writeReport(dir, options)).htmlPath, 'utf8')).toContain('The demo corpus is synthetic');
});

it('escapes what comes from outside', async () => {
  const dir = await fresh('markup', {
    folds: 1,
    labels: ['<b>sad</b>', 'happy & glad'],
    config: { dataset: '"><script>' },
  });
  const page = await readFile((await writeReport(dir, options)).htmlPath, 'utf8');
  expect(page).not.toContain('<b>sad');
  expect(page).not.toContain('<script>');
  expect(page).toContain('&lt;b&gt;sad&lt;/b&gt;');
});
