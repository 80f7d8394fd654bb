import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLease } from '@ser/files';
import { resolveConfig, type ResolvedConfig } from '../config/resolve';
import { tinyFlags, writeOwnCorpus } from '../testing/own-corpus';
import { stampOf } from '../report/stamps';
import { runCv, type CvResult } from './cv';
import { leaseFile } from './lease-file';
import { foldFolder } from '../record/fold-result';
import { readPredictions } from '../record/predictions';
import { createProgress } from './progress';

const root = mkdtempSync(join(tmpdir(), 'ser-cv-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const { card } = writeOwnCorpus(join(root, 'own'));
const self = [process.execPath, '--conditions=@ser/source', '--import', 'tsx', join(__dirname, '..', 'cli.ts')];
const camelCase = (flag: string): string => flag.replace(/-./g, (pair) => pair.slice(1).toUpperCase());

function flagsOf(name: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...tinyFlags, dataset: card, runs: root, name, ...more };
}
function resolved(flags: Readonly<Record<string, string>>): ResolvedConfig {
  const settings = Object.fromEntries(Object.entries(flags).map(([flag, value]) => [camelCase(flag), value]));
  return resolveConfig({ preset: 'none', flags: settings });
}
function run(name: string, jobs = 1, lines: string[] = []): Promise<CvResult> {
  const progress = { ...createProgress({ quiet: true }), line: (line: string) => void lines.push(line) };
  return runCv(resolved(flagsOf(name)), { jobs, progress, self });
}
test('every result says that nobody knows the speakers, where the card says so', async () => {
  const { card: own } = writeOwnCorpus(join(root, 'unknown'));
  const known = JSON.parse(readFileSync(own, 'utf8')) as object;
  const folds = { by: 'speaker', k: 2, seed: 1 };
  writeFileSync(own, JSON.stringify({ ...known, unknownSpeakers: ['ann', 'bob', 'cy'], folds }));
  const lines: string[] = [];
  const progress = { ...createProgress({ quiet: true }), line: (line: string) => void lines.push(line) };
  const { results } = await runCv(resolved(flagsOf('unknown-run', { dataset: own })), { jobs: 1, progress, self });
  expect(results.map(({ unknownSpeakers }) => unknownSpeakers)).toEqual([6, 6]);
  expect(lines.join('\n')).toMatch(/fold 1 .*; not speaker-independent: unknown speakers in the test/);
  expect(stampOf(results)).toMatch(/^Not speaker-independent: nobody knows the speakers of 12 test utterances/);
});

const predictionsOf = (dir: string, fold: number): string => join(foldFolder(dir, fold), 'predictions.jsonl');
const foldFile = (name: string, fold: number): string => join(foldFolder(join(root, name), fold), 'fold.json');

test("the corpus's own split is one experiment, with its development set, its test sets and the speakers it shares", async () => {
  const dir = join(root, 'official');
  const { card: plain, files } = writeOwnCorpus(dir);
  const splits = ['Train', 'Train', 'Train', 'Train', 'Dev', 'Dev', 'Dev', 'Test1', 'Test2', 'Test1', 'Test2', 'Test1'];
  const rows = readFileSync(join(dir, 'rows.jsonl'), 'utf8').split('\n');
  const withSplit = rows.map((row, i) =>
    JSON.stringify({ ...(JSON.parse(row) as object), split: splits[i], take: `t${i % 2}` }),
  );
  writeFileSync(join(dir, 'rows.jsonl'), withSplit.join('\n'));
  const own = join(dir, 'split.json');
  writeFileSync(
    own,
    JSON.stringify({ ...(JSON.parse(readFileSync(plain, 'utf8')) as object), folds: { by: 'split' } }),
  );
  const flags = flagsOf('official', { dataset: own });
  const progress = createProgress({ quiet: true });
  await expect(runCv(resolved(flags), { jobs: 1, progress, self })).rejects.toThrow(
    /speaker bob on both sides, train and dev|speaker .* on both sides.*--shared-speakers=allowed/,
  );
  const lines: string[] = [];
  const { results } = await runCv(resolved({ ...flags, sharedSpeakers: 'allowed' }), {
    jobs: 1,
    progress: { ...progress, line: (line) => void lines.push(line) },
    self,
  });
  expect(results).toMatchObject([
    { name: 'Test1+Test2', trainUtterances: 4, testUtterances: 5, validationGroups: ['bob'], sharedSpeakers: ['bob'] },
  ]);
  expect(Object.keys(results[0]?.testSets ?? {})).toEqual(['Test1', 'Test2']);
  expect(results[0]).toMatchObject({
    machine: { cores: expect.any(Number), os: expect.stringMatching(/\w+ \S+ \w+/) },
    versions: { '@ser/trainer': expect.any(String), '@ser/datasets': expect.stringMatching(/^\d/) },
  });
  const tested = await readPredictions(predictionsOf(join(root, 'official'), 1));
  expect(tested.map(({ testSet, columns }) => [testSet, columns])).toEqual(
    ['Test1', 'Test2', 'Test1', 'Test2', 'Test1'].map((set, i) => [set, { take: `t${(i + 1) % 2}` }]),
  );
  expect(files).toHaveLength(12);
  expect(lines.join('\n')).toMatch(/not speaker-independent: 1 speakers are in train and test, as was allowed/);
  expect(lines.join('\n')).toMatch(
    /Test1\+Test2: Test1 WA .*; Test2 WA .* \(5 test utterances, .*\); not speaker-independent: 1 speakers on both/,
  );

  // A file on both sides under another name stops the run.
  writeFileSync(files[11] ?? '', readFileSync(files[0] ?? ''));
  await expect(
    runCv(resolved({ ...flags, sharedSpeakers: 'allowed', name: 'leak' }), { jobs: 1, progress, self }),
  ).rejects.toThrow(/the same audio on two sides: audio.ann-calm-1.wav = audio.cy-upset-2.wav \(train and test\)/);

  // So does one with the same samples behind another header.
  const bytes = readFileSync(files[0] ?? '');
  const more = Buffer.from('LIST\x04\0\0\0INFO', 'latin1');
  const other = Buffer.concat([bytes.subarray(0, 36), more, bytes.subarray(36)]);
  other.writeUInt32LE(other.length - 8, 4);
  writeFileSync(files[11] ?? '', other);
  await expect(
    runCv(resolved({ ...flags, sharedSpeakers: 'allowed', name: 'samples' }), { jobs: 1, progress, self }),
  ).rejects.toThrow(/the same audio on two sides: audio.ann-calm-1.wav = audio.cy-upset-2.wav \(train and test\)/);
}, 60_000);

test('folds and runs that are older than fingerprints are taken with one line', async () => {
  const again = async (): Promise<string[]> => {
    const lines: string[] = [];
    const progress = { ...createProgress({ quiet: true }), line: (line: string) => void lines.push(line) };
    await runCv(resolved(flagsOf('old', { folds: '1' })), { jobs: 1, progress, self });
    return lines.filter((line) => line.includes('older than fingerprints'));
  };
  expect(await again()).toEqual([]);
  for (const file of [foldFile('old', 1), join(root, 'old', 'config.json')]) {
    const { fingerprint: _, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify(rest));
  }
  expect(await again()).toEqual([expect.stringMatching(/^fold 1 of .*old: older than fingerprints: whether data/)]);
}, 120_000);

test.each([1, 2])(
  'with --jobs=%i, a fold that fails is reported while the others finish, and only it is run again',
  async (jobs) => {
    const name = `jobs-${jobs}`;
    const lease = await takeLease(join(foldFolder(join(root, name), 2), leaseFile), { purpose: 'runs this fold' });
    const first = await run(name, jobs);
    lease.release();
    expect(first.results.map(({ fold, name: tested }) => [fold, tested])).toEqual([
      [1, 'ann'],
      [3, 'cy'],
    ]);
    expect(first.failed).toMatchObject([{ fold: 2, error: { name: 'InputError' } }]);
    expect(first.failed[0]?.error.message).toContain('runs this fold already');

    const before = statSync(foldFile(name, 1)).mtimeMs;
    const lines: string[] = [];
    const second = await run(name, jobs, lines);
    expect(second.failed).toEqual([]);
    expect(second.results.map(({ fold }) => fold)).toEqual([1, 2, 3]);
    expect(statSync(foldFile(name, 1)).mtimeMs).toBe(before);
    expect(lines.filter((line) => line.includes('done already'))).toHaveLength(2);
  },
  120_000,
);

test.each([
  ['by a signal', 'process.kill(process.pid, "SIGKILL")', 'its process was killed by SIGKILL (by the system', true],
  ['without a word', 'process.exit(3)', 'its process ended with code 3', true],
  ['with its own line', 'console.error("no space"), process.exit(2)', 'no space', false],
])('--jobs: a process that ends %s is named, and its line printed once', async (_, code, expected, told) => {
  const lines: string[] = [];
  const { failed } = await runCv(resolved(flagsOf('ended')), {
    jobs: 2,
    progress: { ...createProgress({ quiet: true }), line: (line) => void lines.push(line) },
    self: [process.execPath, '-e', code],
    onFailed: ({ fold, error }) => void lines.push(`fold ${fold}  failed: ${error.message}`),
  });
  expect(failed.map(({ fold }) => fold).sort()).toEqual([1, 2, 3]);
  for (const { fold, error } of failed) {
    expect(error.name).toBe('InputError');
    expect(error.message).toContain(expected);
    expect(lines.filter((line) => line.startsWith(`fold ${fold}  failed`))).toHaveLength(1);
  }
  expect(lines.filter((line) => line.includes(expected))).toHaveLength(3);
  expect(lines.filter((line) => line.startsWith('fold') && line.includes(expected))).toHaveLength(told ? 3 : 0);
});

test.each([
  ['onnx-cuda', ['fold 1 sees 4', 'fold 2 sees GPU-7'], /^fold 1 {2}on card 4 of 2$/],
  ['onnx-webgpu', ['fold 1 sees 4,GPU-7', 'fold 2 sees 4,GPU-7'], /^onnx-webgpu .* the folds share it/],
])('--jobs on %s: each process is given its card, or it is said that they share one', async (engine, seen, said) => {
  const before = process.env['CUDA_VISIBLE_DEVICES'];
  process.env['CUDA_VISIBLE_DEVICES'] = '4,GPU-7';
  const lines: string[] = [];
  // What stands for `ser fold K --run DIR` prints what it sees.
  const code = 'console.error(`fold ${process.argv[2]} sees ${process.env.CUDA_VISIBLE_DEVICES}`)';
  try {
    const progress = { ...createProgress({ quiet: true }), line: (line: string) => void lines.push(line) };
    const self = [process.execPath, '-e', code, '--'];
    await runCv(resolved(flagsOf(`cards-${engine}`, { engine, folds: '1,2' })), { jobs: 2, progress, self });
  } finally {
    if (before === undefined) delete process.env['CUDA_VISIBLE_DEVICES'];
    else process.env['CUDA_VISIBLE_DEVICES'] = before;
  }
  expect(lines.filter((line) => line.includes('sees')).sort()).toEqual(seen);
  expect(lines.some((line) => said.test(line))).toBe(true);
});

test('two commands at once on one run folder: no fold is run by both, and together they finish', async () => {
  const name = 'twice';
  const flags = Object.entries(flagsOf(name)).map(([flag, value]) => `--${flag}=${value}`);
  const [command = '', ...program] = self;
  const other = spawn(command, [...program, 'cv', '--preset=none', ...flags], { stdio: 'ignore' });
  const ended = new Promise<number | null>((done) => other.on('close', done));
  while (other.exitCode === null && !existsSync(join(foldFolder(join(root, name), 1), 'lock'))) await sleep(10);
  const { failed } = await run(name);
  expect([0, 2]).toContain(await ended);
  for (const { error } of failed) expect(error.message).toContain('runs this fold already');

  const { results, failed: left } = await run(name);
  expect(left).toEqual([]);
  expect(results.map(({ fold }) => fold)).toEqual([1, 2, 3]);
  for (const { fold } of results) {
    expect(await readPredictions(predictionsOf(join(root, name), fold))).toHaveLength(4);
    const rows = readFileSync(join(foldFolder(join(root, name), fold), 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const steps = rows.map((row) => JSON.parse(row) as { type: string; step: number }).filter((r) => r.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]); // 8 utterances in batches of 4, two epochs
  }
}, 120_000);

test('a run folder of other settings, a fold that is not there: said before anything is written', async () => {
  const other = { ...createProgress({ quiet: true }) };
  await runCv(resolved(flagsOf('settings', { folds: '1' })), { jobs: 1, progress: other });
  await expect(
    runCv(resolved(flagsOf('settings', { epochs: '3' })), { jobs: 1, progress: other }),
  ).rejects.toMatchObject({ name: 'InputError', message: expect.stringContaining('epochs was 2, is 3') as string });
  await expect(runCv(resolved(flagsOf('no-such-fold', { folds: '7' })), { jobs: 1, progress: other })).rejects.toThrow(
    '--folds=7: own has folds 1 to 3',
  );
  expect(existsSync(join(root, 'no-such-fold'))).toBe(false);
}, 60_000);

test('cross-corpus: trained on one, tested on every utterance of the other', async () => {
  const { dataset: _, ...flags } = flagsOf('cross', { 'train-on': 'demo-first', 'test-on': 'demo-second' });
  const tiny = { ...flags, epochs: '1', 'batch-size': '16', crop: '1', 'max-seconds': '1' };
  const { dir, results, failed } = await runCv(resolved(tiny), { jobs: 1, progress: createProgress({ quiet: true }) });
  expect(failed).toEqual([]);
  expect(results).toMatchObject([{ fold: 1, name: 'demo-second', trainUtterances: 144, testUtterances: 144 }]);
  const [result] = results;
  expect(result?.testGroups.filter((group) => result.trainGroups.includes(group))).toEqual([]);
  const predictions = await readPredictions(predictionsOf(dir, 1));
  expect(new Set(predictions.map(({ id }) => id)).size).toBe(144); // three labels in both, of 48 each
  expect(new Set(predictions.map(({ speaker }) => speaker)).size).toBe(4);
}, 120_000);
