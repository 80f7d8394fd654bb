import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { classScores } from '../metrics';
import { readRun } from '../record/read-run';
import { writeSyntheticRun, type SyntheticRun } from '../testing/synthetic-run';
import { accuracyOf } from './results';
import { summarize, type SummarizeOptions } from './summarize';
import { writeReport } from './write-report';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ser-parts-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const quick = { resamples: 100, now: new Date('2026-01-02T03:04:05Z') };
const genders = ['f', 'm'];

async function fresh(name: string, run: SyntheticRun): Promise<string> {
  const dir = join(root, name);
  await writeSyntheticRun(dir, run);
  return dir;
}
const reported = async (name: string, run: SyntheticRun, options: SummarizeOptions = {}) =>
  summarize(await readRun(await fresh(name, run)), { ...quick, ...options });

describe('columns of the corpus', () => {
  const run: SyntheticRun = {
    folds: 2,
    line: ({ label, speaker }, index) => ({
      columns: {
        gender: genders[Number(speaker) % 2] ?? '',
        take: String(index),
        emotion: label.toUpperCase(),
        ...(index < 3 ? { noise: index < 2 ? 'street' : 'car' } : {}),
        same: 'x',
      },
    }),
  };

  it('are broken down where they have few values and say more than the label; the parts are the whole', async () => {
    const report = await reported('columns', run);
    expect(report.breakdowns.map(({ column }) => column)).toEqual(['gender', 'noise']);
    const [gender] = report.breakdowns;
    expect(gender?.rows.map(({ value }) => value)).toEqual(genders);
    expect(gender?.rows.reduce((sum, row) => sum + row.utterances, 0)).toBe(report.utterances);
    const right = gender?.rows.reduce((sum, row) => sum + row.utterances * row.wa, 0) ?? NaN;
    expect(right / report.utterances).toBeCloseTo(report.pooled.wa, 9);
    const lines = (await readRun(join(root, 'columns'))).folds.flatMap(({ predictions }) => predictions);
    const women = lines.filter(({ columns }) => columns?.['gender'] === 'f');
    expect(gender?.rows[0]).toMatchObject(accuracyOf(women, report.labels, quick.resamples));
    expect(gender?.rows[0]?.speakers).toBe(new Set(women.map(({ speaker }) => speaker)).size);
  });

  it('are broken down when asked for, whatever they are like, and are tables of the page', async () => {
    const dir = await fresh('asked', run);
    const { report, htmlPath } = await writeReport(dir, { ...quick, by: ['take', 'emotion'] });
    expect(report.breakdowns.map(({ column }) => column)).toEqual(['take', 'emotion', 'gender', 'noise']);
    expect(report.breakdowns[0]?.rows.slice(0, 3).map(({ value }) => value)).toEqual(['0', '1', '2']);
    expect(await readFile(htmlPath, 'utf8')).toContain('By noise, which 6 of 120 utterances have');
    const rows = parse(await readFile(join(dir, 'tables', 'by-gender.csv'), 'utf8')) as string[][];
    expect(rows[0]?.slice(0, 6)).toEqual(['gender', 'Utterances', 'Speakers', 'Classes', 'WA %', 'WA % low']);
    expect(rows.slice(1).map(([value]) => value)).toEqual(genders);
  });

  it('in ranges of numbers have about as many utterances in each, and no utterance in two', async () => {
    const [take, ...others] = (await reported('ranges', run, { by: ['take:4'] })).breakdowns;
    expect(take?.column).toBe('take');
    expect(take?.rows.map(({ value }) => value)).toEqual(['0 to 14', '15 to 29', '30 to 44', '45 to 59']);
    expect(take?.rows.map(({ utterances }) => utterances)).toEqual([30, 30, 30, 30]);
    expect(others.map(({ column }) => column)).toEqual(['gender', 'noise']);
    const tenths: SyntheticRun = {
      ...run,
      line: (_, index) => ({ columns: { snr: ['-0.5', '-0.1', '0.3', '0.7'][index % 4] ?? '' } }),
    };
    const [snr] = (await reported('tenths', tenths, { by: ['snr:4'] })).breakdowns;
    expect(snr?.rows.map(({ value }) => value)).toEqual(['-0.5', '-0.1', '0.3', '0.7']);
    const unknown: SyntheticRun = {
      ...run,
      line: (_, index) => ({ columns: { age: ['23', 'unknown', '58', '31', '44'][index % 5] ?? '' } }),
    };
    const [age] = (await reported('unknown', unknown, { by: ['age:2'] })).breakdowns;
    expect(age?.rows.map(({ value, utterances }) => [value, utterances])).toEqual([
      ['23 to 31', 48],
      ['44 to 58', 48],
      ['unknown', 24],
    ]);
    await expect(reported('words', run, { by: ['gender:2'] })).rejects.toThrow(
      '--by=gender:2: expected numbers in gender, found "m", "f"',
    );
    await expect(reported('one', run, { by: ['take:1'] })).rejects.toThrow('--by=take:1: expected 2 to 500 ranges');
  });

  it('that the run names are those of its report; one that is not there is named with those that are', async () => {
    const named = await reported('named', { ...run, config: { by: ['take'] } });
    expect(named.breakdowns[0]?.column).toBe('take');
    await expect(reported('typo', run, { by: ['gendre'] })).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/--by=gendre: no such column.*gender, take.*did you mean "gender"/),
    });
    await expect(reported('none', { folds: 1 }, { by: ['gender'] })).rejects.toThrow('the utterances have no columns');
  });
});

describe('two test sets', () => {
  const run: SyntheticRun = {
    folds: 1,
    perFold: 80,
    line: (_, index) => ({
      testSet: index % 4 === 0 ? 'Test2' : 'Test1',
      columns: { half: index < 40 ? 'first' : 'second' },
    }),
    file: () => ({ name: 'Test1+Test2', sharedSpeakers: ['03', '04'] }),
  };

  it('are two results: nothing on the page is of both together, and the stamp is on it', async () => {
    const dir = await fresh('sets', run);
    const { report, htmlPath } = await writeReport(dir, quick);
    expect(report.testSets.map(({ name, utterances }) => [name, utterances])).toEqual([
      ['Test1', 60],
      ['Test2', 20],
    ]);
    for (const { classes, confusion } of report.testSets) expect(classes).toEqual(classScores(confusion));
    const page = (await readFile(htmlPath, 'utf8')).replace(/\s+/g, ' ');
    expect(page).toContain('Not speaker-independent: 2 speakers are on both sides');
    for (const part of ['Weighted accuracy, Test1', 'Results by class, Test2', 'What the run has to beat, Test1'])
      expect(page).toContain(part);
    expect(page).not.toContain('Pooled');
    expect(page).not.toContain('mean ± sd');
    expect(report.breakdowns.map(({ column, testSet, rows }) => [column, testSet, rows[0]?.utterances])).toEqual([
      ['half', 'Test1', 30],
      ['half', 'Test2', 10],
    ]);
    const files = await readdir(join(dir, 'tables'));
    expect(files).toContain('by-half-in-Test2.csv');
    for (const name of ['classes-test1.csv', 'confusion-test2.tex', 'baselines-test2.csv'])
      expect(files).toContain(name);
    const folds = parse(await readFile(join(dir, 'tables', 'folds.csv'), 'utf8')) as string[][];
    expect(folds.map(([name, wa]) => [name, wa])).toEqual([
      ['Fold', 'WA %'],
      ['fold 1: Test1+Test2', ''],
      ...report.testSets.map(({ name, wa }) => [`${name} [95 %]`, String(Number((100 * wa).toPrecision(6)))]),
    ]);
  });
});

describe('calibration', () => {
  it('is shown before and after, in the folds that have a temperature', async () => {
    const report = await reported('scaled', {
      file: (fold) => ({ validationGroups: ['09'], ...(fold === 2 ? {} : { temperature: 0.5 * fold }) }),
    });
    const { scaling } = report;
    expect(scaling?.temperatures).toEqual([
      { fold: 1, temperature: 0.5 },
      { fold: 3, temperature: 1.5 },
    ]);
    for (const { bins } of [scaling?.before, scaling?.after].flatMap((of) => of ?? []))
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(120);
    expect(scaling?.after.ece).not.toBeCloseTo(scaling?.before.ece ?? NaN, 3);
  });

  it('at temperature 1 is what it was', async () => {
    const { scaling, calibration } = await reported('one', { file: () => ({ temperature: 1 }) });
    expect(scaling?.after.ece).toBeCloseTo(calibration.ece, 9);
  });

  it('without inner validation says why there is no temperature', async () => {
    const page = await readFile((await writeReport(await fresh('unscaled', {}), quick)).htmlPath, 'utf8');
    expect(page.replace(/\s+/g, ' ')).toContain('there is nothing to fit a temperature on');
  });
});

it('says where each fold was trained and from what, and names what differs', async () => {
  const machine = { cpu: 'A', cores: 2, memoryGiB: 24, os: 'Linux 6 x64' };
  const fingerprint = { labels: [], utterances: 'u1', labelled: 'l1', speakers: 's1', audio: 'a1', settings: {} };
  const dir = await fresh('places', {
    file: (fold) => ({
      versions: { '@ser/trainer': '1', '@ser/datasets': '1', node: fold === 3 ? 'v22' : 'v20' },
      machine: fold === 2 ? { ...machine, gpu: 'H, driver 5' } : machine,
      commit: { id: 'c0ffee', isModified: fold === 1 },
      fingerprint,
    }),
  });
  const { report, htmlPath } = await writeReport(dir, quick);
  const of = (what: string): unknown =>
    report.provenance.filter((fact) => fact.what === what).map(({ value, folds }) => [value, folds]);
  expect(of('processor')).toEqual([['A', [1, 2, 3]]]);
  expect(of('packages @ser/*')).toEqual([['1', [1, 2, 3]]]);
  expect(of('GPU')).toEqual([['H, driver 5', [2]]]);
  expect(of('node')).toEqual([
    ['v20', [1, 2]],
    ['v22', [3]],
  ]);
  expect(of('audio')).toEqual([['a1', [1, 2, 3]]]);
  expect(of('encoder weights before training')).toEqual([]);
  expect(report.warnings.join()).not.toContain('older than fingerprints');
  expect((await reported('old', { folds: 2 })).warnings[0]).toMatch(/^Fold 1, 2: older than fingerprints/);
  expect(report.warnings[0]).toMatch(/^Folds differ in node, commit of the working tree/);
  expect(await readFile(htmlPath, 'utf8')).toContain('c0ffee, modified');
});
