import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandomEncoder, saveEncoder } from '@ser/frontend-wavlm';
import { tinyConfigs } from '../../../tools/test-support/tiny-encoders';
import trainer from '../package.json';
import { runProgram } from './program';
import { seeded } from './random';
import { tinyFlags, writeOwnCorpus } from './testing/own-corpus';

const root = mkdtempSync(join(tmpdir(), 'ser-program-'));
const at = (...names: string[]): string => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const own = writeOwnCorpus(at('own'));
const bad = writeOwnCorpus(at('bad'));
const unknownLabel = writeOwnCorpus(at('label'), { firstLabel: 'sleepy' });
const [empty = '', cut = '', text = ''] = bad.files;
const training = ['--preset=none', `--runs=${at('runs')}`, ...Object.entries(tinyFlags).map((f) => `--${f.join('=')}`)];

beforeAll(() => {
  writeFileSync(empty, '');
  writeFileSync(cut, readFileSync(cut).subarray(0, 30));
  writeFileSync(text, 'this is no recording');
  mkdirSync(at('no-config'));
});

let printed: string;
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      printed += String(chunk);
      return true;
    });
  }
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
});

const cv = (...flags: string[]): string[] => ['cv', ...training, ...flags];
const whisper = ['--encoder=whisper', '--tune=frozen'];

test.each<[string, string[], (string | RegExp)[]]>([
  ['unknown corpus', cv('--dataset=nothere'), [/^nothere: no such corpus, expected one of .*demo, .*ravdess/]],
  [
    'missing corpus folder',
    cv('--dataset=ravdess', '--data-dir=/nonexistent'),
    ['/nonexistent: no such folder, expected that of the corpus'],
  ],
  ['no corpus folder', cv('--dataset=iemocap'), ['iemocap: no folder given, expected']],
  [
    'missing weights',
    cv('--dataset=demo', ...whisper, '--weights=/nonexistent'),
    ['--weights=/nonexistent: no such folder, expected the folder of a whisper checkpoint'],
  ],
  [
    'a folder without weights',
    cv('--dataset=demo', ...whisper, `--weights=${at('no-config')}`),
    [`--weights=${at('no-config')}: has no config.json, expected`],
  ],
  ['no weights named', cv('--dataset=demo', ...whisper), ['encoder "whisper" needs --weights=DIR']],
  ['unknown option', cv('--epoch=3'), ["unknown option '--epoch=3'", 'Did you mean --epochs?']],
  ['wrong value', cv('--epochs=many'), [/^--epochs=many: must be integer/]],
  ['unknown word', cv('--mix=eem'), [/^--mix=eem: must be one of none, eam, lam/]],
  ['unknown preset', ['cv', '--preset=paper-ravdes'], ['did you mean "paper-ravdess"?']],
  ['missing settings file', ['cv', '--config=/nonexistent.yaml'], [/^configuration \/nonexistent.yaml: no such file/]],
  ['a label the card does not know', cv(`--dataset=${unknownLabel.card}`), ['sleepy', 'rows.jsonl']],
  [
    'engine that is not installed',
    cv(`--dataset=${own.card}`, '--engine=tfjs-node-gpu'),
    [/^engine tfjs-node-gpu is not available \(.*\); add it with: npm install @tensorflow\/tfjs-node-gpu/],
  ],
  ['no model', ['predict', at('nothing'), own.files[0] ?? ''], ['nothing: no such file, expected a fold']],
  ['no model to export', ['export', at('nothing'), at('out.onnx')], ['nothing: no such file, expected a fold']],
  ['one run to compare', ['compare', at('own')], ['compare: expected at least two run folders, got 1']],
  ['no run folder', ['fold', '1', `--run=${at('own')}`], ['config.json: expected the configuration of a run']],
  ['no encoder', ['encoder', 'info', '/nonexistent'], ['/nonexistent: no such folder']],
])('%s: said in words, code 2', async (_, args, expected) => {
  expect({ code: await runProgram(args), printed }).toEqual({ code: 2, printed: expect.any(String) as string });
  for (const part of expected) expect(printed).toMatch(part);
  expect(printed).not.toMatch(/^\s+at /m); // no stack
});

test('all bad recordings are listed at once, before training', async () => {
  expect(await runProgram(cv(`--dataset=${bad.card}`))).toBe(2);
  expect(printed).toContain('3 of 12 audio files cannot be used:');
  for (const file of [empty, cut, text]) expect(printed).toContain(`  ${file}: `);
  expect(printed).not.toMatch(/^\s+at /m);
});

test('a model, and what it says of a file that is no recording', async () => {
  expect({ code: await runProgram(cv(`--dataset=${own.card}`, '--name=own', '--folds=1')), printed }).toMatchObject({
    code: 0,
    printed: expect.stringMatching(/pooled[^]*report: /) as string,
  });
  printed = '';
  const [good = ''] = own.files;
  expect(await runProgram(['predict', at('runs', 'own', 'fold-1'), good, text, at('missing.wav')])).toBe(2);
  expect(printed).toContain(`{"file":"${good}","label":`);
  expect(printed).toContain(`${text}: `);
  expect(printed).toContain(`${at('missing.wav')}: `);
  expect(printed).toContain('2 of 3 recordings could not be used');
  printed = '';
  expect(await runProgram(['predict', at('runs', 'own'), good])).toBe(0); // all folds of a run together
  expect(printed).toContain(`{"file":"${good}","label":`);
  printed = '';
  expect(await runProgram(['export', at('runs', 'own'), at('own.onnx')])).toBe(2);
  expect(printed).toContain('this is a run folder: name one of its folds');
});

test('--run=. is the run in whose folder the program stands', async () => {
  const before = process.cwd();
  process.chdir(at('runs', 'own'));
  try {
    expect({ code: await runProgram(['fold', '2', '--run', '.']), printed }).toMatchObject({ code: 0 });
  } finally {
    process.chdir(before);
  }
  expect(readFileSync(at('runs', 'own', 'fold-2', 'fold.json'), 'utf8')).toContain('"fold": 2');
  expect(readdirSync(at('runs'))).not.toContain('.');
});

test('--version is that of the package', async () => {
  expect(await runProgram(['--version'])).toBe(0);
  expect(printed).toBe(`${trainer.version}\n`);
});

test('a signal, sent twice at once as GNU timeout does, writes a checkpoint, says so and stops', async () => {
  const folder = at('runs', 'long', 'fold-1');
  const log = join(folder, 'metrics.jsonl');
  const long = cv(`--dataset=${own.card}`, '--name=long', '--folds=1', '--epochs=4000');
  const end = runProgram(long);
  while (!existsSync(log) || readFileSync(log, 'utf8') === '') await sleep(5);
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGTERM', 'SIGTERM');
  expect(await end).toBe(130);
  expect(printed).toMatch(/stopping after this step[^]*interrupted; the same command goes on from here\n$/);
  const left = readdirSync(folder);
  expect(left.filter((name) => /^checkpoint-.*\.safetensors$/.test(name))).not.toEqual([]);
  expect(left.filter((name) => name.includes('lock') || name.endsWith('.part'))).toEqual([]);
});

test('a cache that cannot be written is one line that names SER_CACHE, once, and the program ends', async () => {
  const encoder = createRandomEncoder(tinyConfigs.whisper, seeded('encoder'));
  await saveEncoder(encoder, at('whisper'));
  encoder.dispose();
  const before = process.env['SER_CACHE'];
  process.env['SER_CACHE'] = join(text, 'x'); // below a file
  try {
    const run = cv(`--dataset=${own.card}`, '--name=cache', '--folds=1', ...whisper, `--weights=${at('whisper')}`);
    expect({ code: await runProgram(run), printed }).toMatchObject({ code: 2 });
  } finally {
    if (before === undefined) delete process.env['SER_CACHE'];
    else process.env['SER_CACHE'] = before;
  }
  expect(printed.match(/SER_CACHE/g)).toHaveLength(1);
  expect(printed).toContain(`fold 1  failed: ${join(text, 'x')}: a part of this path is a file`);
  expect(printed).toMatch(/fold 1 failed; the same command tries again\n$/);
  expect(printed).not.toMatch(/^\s+at /m);
});

test('as a process: the exit code, the line on standard error, nothing on standard output', () => {
  const node = ['--conditions=@ser/source', '--import', 'tsx', join(__dirname, 'cli.ts')];
  const ser = (...args: string[]) => spawnSync(process.execPath, [...node, ...args], { encoding: 'utf8' });
  const wrong = ser('cv', '--dataset=nothere');
  expect(wrong).toMatchObject({ status: 2, stdout: '' });
  expect(wrong.stderr.trim().split('\n')).toHaveLength(1);
  expect(ser('--help')).toMatchObject({ status: 0, stderr: '' });
}, 120_000);
