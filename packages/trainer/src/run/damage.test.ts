import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCheckpoints, loadCheckpoint } from '../record/checkpoint';
import type { Fingerprint } from '../record/fingerprint';
import { openMetricsLog } from '../record/metrics';
import { readRun } from '../record/read-run';
import { tinyFold } from '../testing/tiny-fold';
import { doneFold, mendFold } from './done-fold';
import { runFold, type FoldJob } from './fold';
import { openFold, type OpenFold } from './open-fold';

// What may happen to the files of a run on a disk, and what must come of it: the file is made again, its bytes equal to
// those before; or it is named in one line and nothing is thrown away.

const root = mkdtempSync(join(tmpdir(), 'ser-damage-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const run = join(root, 'run');
const whole = join(run, 'fold-1');
const half = join(root, 'half');
/** Two epochs of six steps. */
const short = (dir: string): Promise<FoldJob> => tinyFold(dir, { epochs: 2 });
const results = ['fold.json', 'predictions.jsonl', 'embeddings.jsonl', 'attention.jsonl', 'model.safetensors'];
/** A fold without what differs between any two runs. */
const content = (dir: string): Record<string, string> =>
  Object.fromEntries(
    results.map((name) => [name, readFileSync(join(dir, name), 'latin1').replace(/"seconds": [\d.]+/, '')]),
  );

let fingerprint: Fingerprint;
/** Whose variables a checkpoint is read into. */
let fold: OpenFold;
const valuesOf = ({ variables }: OpenFold): unknown =>
  [...variables].map(([name, variable]) => [name, Buffer.from(variable.dataSync().buffer).toString('base64')]);
const never = (line: string): never => {
  throw new Error(`nothing should be said, got: ${line}`);
};

beforeAll(async () => {
  await runFold(await short(whole));
  const controller = new AbortController();
  const job = await short(half);
  const progress = { ...job.progress, step: ({ step }: { step: number }) => void (step >= 9 && controller.abort()) };
  await expect(runFold({ ...job, progress, signal: controller.signal })).rejects.toThrow();
  ({ fingerprint } = job);
  fold = await openFold(await short(join(root, 'open')));
}, 200_000);
afterAll(() => fold.close());

type Damage = (path: string) => void;
const flip =
  (from: number): Damage =>
  (path) => {
    const bytes = readFileSync(path);
    const at = from < 0 ? bytes.length + from : from;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  };
const write =
  (text: string | Uint8Array): Damage =>
  (path) =>
    writeFileSync(path, text);
const cut: Damage = (path) => truncateSync(path, Math.floor(readFileSync(path).length / 2));
const replace =
  (from: string | RegExp, to: string): Damage =>
  (path) => {
    const text = readFileSync(path, 'latin1');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to), 'latin1');
  };
const remove: Damage = (path) => rmSync(path);
const zeros: Damage = (path) => writeFileSync(path, Buffer.alloc(readFileSync(path).length));
const firstLineTwice: Damage = (path) => {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, text.indexOf('\n') + 1) + text);
};

/** Damage to a finished fold that is mended: run again, it ends with the same files. */
const mended: [string, string, Damage][] = [
  ['fold.json', 'empty', write('')],
  ['fold.json', 'cut', cut],
  ['fold.json', 'zeros', zeros],
  ['fold.json', 'another JSON', write('[]')],
  ['fold.json', 'a field missing', replace('"testUtterances"', '"testUtterancez"')],
  ['fold.json', 'UTF-16', write(Buffer.from('\ufeff{}', 'utf16le'))],
  ['fold.json', 'deep JSON', write('['.repeat(100_000))],
  ['fold.json', 'another accuracy', replace(/"wa": [\d.]+/, '"wa": 0.123')],
  ['fold.json', 'missing', remove],
  ['predictions.jsonl', 'missing', remove],
  ['predictions.jsonl', 'empty', write('')],
  ['predictions.jsonl', 'cut', cut],
  ['predictions.jsonl', 'zeros', zeros],
  ['predictions.jsonl', 'another label', replace('"label":"high"', '"label":"loud"')],
  ['predictions.jsonl', 'a class exchanged', replace('"predicted":"high"', '"predicted":"low"')],
  ['predictions.jsonl', 'null for a number', replace(/"probabilities":\[[\d.e-]+/, '"probabilities":[null')],
  ['predictions.jsonl', 'one probability less', replace(/"probabilities":\[[\d.e-]+,/, '"probabilities":[')],
  ['predictions.jsonl', 'a line twice', firstLineTwice],
  ['predictions.jsonl', 'no text', write(Buffer.from([0xff, 0xfe, 0xfd]))],
  ['embeddings.jsonl', 'cut in a line', replace(/"z":\[[^\]]*\]\}\n/, '"z":[1,\n')],
  ['embeddings.jsonl', 'zeros', zeros],
  ['attention.jsonl', 'another JSON', write('{}\n')],
  ['attention.jsonl', 'zeros', zeros],
];

/** A fresh copy of a fold, damaged. */
function damaged(from: string, name: string, damage: Damage): string {
  const dir = join(root, 'damaged');
  rmSync(dir, { recursive: true, force: true });
  cpSync(from, dir, { recursive: true });
  damage(join(dir, name));
  return dir;
}

test.each(mended)('%s of a finished fold, %s: named, and the fold is no longer done', async (name, _, damage) => {
  const dir = damaged(whole, name, damage);
  const lines: string[] = [];
  await mendFold(dir, (line) => void lines.push(line));
  expect(await doneFold(dir, fingerprint)).toBeUndefined();
  expect(existsSync(join(dir, 'fold.json'))).toBe(false);
  expect(listCheckpoints(dir)).toHaveLength(2);
  // A fold without fold.json is one that has not ended, which is no damage.
  if (damage === remove && name === 'fold.json') expect(lines).toEqual([]);
  else
    expect(lines).toEqual([expect.stringMatching(new RegExp(`${name}.*; made again from the last checkpoint`, 's'))]);
});

/** What a fold does from then on is the same for all of them: it is watched once a file. */
const onceAFile = mended.filter(([name], i) => mended.findIndex(([other]) => other === name) === i);
test.each(onceAFile)('%s of a finished fold, %s: the same files are made again', async (name, _, damage) => {
  const dir = damaged(whole, name, damage);
  await runFold(await short(dir));
  expect(content(dir)).toEqual(content(whole));
});

/** Damage to the newest checkpoint of a fold that is half done: it is put aside, and the one before it is taken. */
const checkpoints: [string, Damage][] = [
  ['a bit of a number', flip(-5)],
  ['a bit of its header', flip(40)],
  ['a bit of the position', replace('\\"step\\":9', '\\"step\\":8')],
  ['cut', cut],
  ['empty', write('')],
  ['zeros', zeros],
  ['a web page', write('<!doctype html><title>502 Bad Gateway</title>')],
  ['a header of 2^60 bytes', write(Buffer.from('0000000000000010', 'hex'))],
];

test.each(checkpoints)(
  'the newest checkpoint of a half fold, %s: put aside, and the one before it taken',
  async (_, damage) => {
    const [newest = '', older = ''] = listCheckpoints(half);
    const dir = damaged(half, newest, damage);
    const lines: string[] = [];
    const position = await loadCheckpoint(dir, fold.variables, fingerprint, (line) => void lines.push(line));
    expect(lines).toEqual([expect.stringContaining(`${newest} is damaged`)]);
    expect(readdirSync(dir)).toContain(`${newest}.damaged`);
    const values = valuesOf(fold);
    rmSync(join(dir, `${newest}.damaged`));
    expect(listCheckpoints(dir)).toEqual([older]);
    expect(await loadCheckpoint(dir, fold.variables, fingerprint, never)).toEqual(position);
    expect(valuesOf(fold)).toEqual(values);
  },
);

/** Damage to `metrics.jsonl` of a fold that is half done: the rows that are whole are kept, and the others named. */
const metrics: [string, Damage, 'silent' | 'named'][] = [
  ['half a row at its end', (path) => writeFileSync(path, '{"type":"st', { flag: 'a' }), 'silent'],
  ['missing', remove, 'named'],
  ['empty', write(''), 'named'],
  ['a row that is no JSON', replace('{"type":"step"', '{"type":step'), 'named'],
  ['a row of another form', replace('"loss":', '"los":'), 'named'],
  ['no text', write(Buffer.from([0xff, 0xfe, 0xfd, 0])), 'named'],
];

test.each(metrics)('metrics.jsonl of a half fold, %s: whole rows are kept', async (_, damage, how) => {
  const dir = damaged(half, 'metrics.jsonl', damage);
  const path = join(dir, 'metrics.jsonl');
  const before = readFileSync(join(half, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const lines: string[] = [];
  const log = await openMetricsLog(path, before.length, (line) => void lines.push(line));
  if (how === 'silent') expect(lines).toEqual([]);
  else expect(lines).toEqual([expect.stringContaining('metrics.jsonl')]);
  const kept = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  expect(kept).toHaveLength(log.rows());
  expect(how === 'silent' ? kept : kept.filter((row) => !before.includes(row))).toEqual(how === 'silent' ? before : []);
});

/** A fold that is half done ends as if nothing had happened. */
const goesOn: [string, string, Damage][] = [
  ['newest', 'cut', cut],
  ['metrics.jsonl', 'a row that is no JSON', replace('{"type":"step"', '{"type":step')],
  ['embeddings-before.jsonl', 'missing', remove],
  ['embeddings-before.jsonl', 'cut', cut],
  ['embeddings-before.jsonl', 'of others', replace(/"id":"u\d\d"/, '"id":"other"')],
];

test.each(goesOn)('%s of a half fold, %s: it goes on and ends the same', async (which, _, damage) => {
  const name = which === 'newest' ? (listCheckpoints(half)[0] ?? '') : which;
  const dir = damaged(half, name, damage);
  const job = await short(dir);
  const lines: string[] = [];
  await runFold({ ...job, progress: { ...job.progress, line: (line: string) => void lines.push(line) } });
  expect(content(dir)).toEqual(content(whole));
  const said = lines.filter((line) => !line.includes('going on at epoch')).join('\n');
  if (which === 'embeddings-before.jsonl')
    expect(said).toBe(''); // it is made again, and nothing is lost
  else expect(said).toContain(name);
});

test('without a checkpoint, a damaged fold is named and left as it is', async () => {
  const dir = join(root, 'no-checkpoint');
  cpSync(whole, dir, { recursive: true });
  for (const name of listCheckpoints(dir)) rmSync(join(dir, name));
  cut(join(dir, 'predictions.jsonl'));
  const before = readFileSync(join(dir, 'predictions.jsonl'), 'utf8');
  await expect(runFold(await short(dir))).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/predictions\.jsonl.*remove .* to train it anew/) as string,
  });
  expect(readFileSync(join(dir, 'predictions.jsonl'), 'utf8')).toBe(before);
});

/** Damage that a report meets: one line that names the file. */
const reported: [string, string, Damage][] = [
  ['fold.json', 'cut', cut],
  ['metrics.jsonl', 'a row that is no JSON', replace('{"type":"step"', '{"type":step')],
  ['predictions.jsonl', 'another label', replace('"label":"high"', '"label":"loud"')],
  ['predictions.jsonl', 'missing', remove],
];
test.each(reported)('%s with %s in a report: named', async (name, _, damage) => {
  const dir = join(root, 'reported');
  rmSync(dir, { recursive: true, force: true });
  cpSync(run, dir, { recursive: true });
  damage(join(dir, 'fold-1', name));
  await expect(readRun(dir)).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringContaining(name) as string,
  });
});

describe('what was made from something else is refused and stays', () => {
  const other = { labelled: 'x', audio: 'x', speakers: 'x', utterances: 'x', weights: 'x' };
  test.each(Object.entries(other))('%s', async (key, value) => {
    const now = { ...fingerprint, [key]: value };
    for (const [dir, open] of [
      [whole, () => doneFold(whole, now)],
      [half, () => loadCheckpoint(half, fold.variables, now, never)],
    ] as const) {
      const before = readdirSync(dir).sort();
      await expect(open()).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(/was made from other .*It stays as it is/) as string,
      });
      expect(readdirSync(dir).sort()).toEqual(before);
    }
  });

  test('the order of the classes, and a setting', async () => {
    const job = await short(half);
    const exchanged = { ...job.fingerprint, labels: [...job.labels].reverse() };
    await expect(runFold({ ...job, fingerprint: exchanged })).rejects.toThrow('the classes high, low (now low, high)');
    const slower = { ...job.fingerprint, settings: { ...job.fingerprint.settings, lr: 0.5 } };
    await expect(runFold({ ...job, fingerprint: slower })).rejects.toThrow(/lr 0.0001 \(now 0.5\)/);
    expect(listCheckpoints(half)).toHaveLength(2);
    expect(existsSync(join(half, 'fold.json'))).toBe(false);
  });
});
