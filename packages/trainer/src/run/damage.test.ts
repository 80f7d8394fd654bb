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
import { listCheckpoints } from '../record/checkpoint';
import { readRun } from '../record/read-run';
import { tinyFold } from '../testing/tiny-fold';
import { runFold, type FoldJob } from './fold';

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

beforeAll(async () => {
  await runFold(await short(whole));
  const controller = new AbortController();
  const job = await short(half);
  const progress = { ...job.progress, step: ({ step }: { step: number }) => void (step >= 9 && controller.abort()) };
  await expect(runFold({ ...job, progress, signal: controller.signal })).rejects.toThrow();
}, 200_000);

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

test.each(mended)('%s of a finished fold, %s: made again', async (name, _, damage) => {
  const dir = join(root, 'mended');
  rmSync(dir, { recursive: true, force: true });
  cpSync(whole, dir, { recursive: true });
  damage(join(dir, name));
  const job = await short(dir);
  const lines: string[] = [];
  await runFold({ ...job, progress: { ...job.progress, line: (line: string) => void lines.push(line) } });
  expect(content(dir)).toEqual(content(whole));
  if (damage !== remove || name !== 'fold.json') expect(lines.join('\n')).toContain(name);
});

/** Damage to a fold that is half done. It goes on and ends as if nothing had happened, or but for the rows it lost. */
const goesOn: [string, string, Damage, 'silent' | 'named'][] = [
  ['newest', 'a bit of a number', flip(-5), 'named'],
  ['newest', 'a bit of its header', flip(40), 'named'],
  ['newest', 'a bit of the position', replace('\\"step\\":9', '\\"step\\":8'), 'named'],
  ['newest', 'cut', cut, 'named'],
  ['newest', 'empty', write(''), 'named'],
  ['newest', 'zeros', zeros, 'named'],
  ['newest', 'a web page', write('<!doctype html><title>502 Bad Gateway</title>'), 'named'],
  ['newest', 'a header of 2^60 bytes', write(Buffer.from('0000000000000010', 'hex')), 'named'],
  ['metrics.jsonl', 'half a row at its end', (path) => writeFileSync(path, '{"type":"st', { flag: 'a' }), 'silent'],
  ['metrics.jsonl', 'missing', remove, 'named'],
  ['metrics.jsonl', 'empty', write(''), 'named'],
  ['metrics.jsonl', 'a row that is no JSON', replace('{"type":"step"', '{"type":step'), 'named'],
  ['metrics.jsonl', 'a row of another form', replace('"loss":', '"los":'), 'named'],
  ['metrics.jsonl', 'no text', write(Buffer.from([0xff, 0xfe, 0xfd, 0])), 'named'],
  ['embeddings-before.jsonl', 'missing', remove, 'silent'],
  ['embeddings-before.jsonl', 'empty', write(''), 'silent'],
  ['embeddings-before.jsonl', 'cut', cut, 'silent'],
  ['embeddings-before.jsonl', 'of others', replace(/"id":"u\d\d"/, '"id":"other"'), 'silent'],
];

test.each(goesOn)('%s of a half fold, %s: it goes on', async (which, _, damage, how) => {
  const dir = join(root, 'goes-on');
  rmSync(dir, { recursive: true, force: true });
  cpSync(half, dir, { recursive: true });
  const name = which === 'newest' ? (listCheckpoints(dir)[0] ?? '') : which;
  damage(join(dir, name));
  const job = await short(dir);
  const lines: string[] = [];
  await runFold({ ...job, progress: { ...job.progress, line: (line: string) => void lines.push(line) } });
  expect(content(dir)).toEqual(content(whole));
  const said = lines.filter((line) => !line.includes('going on at epoch')).join('\n');
  if (how === 'named') expect(said).toContain(name);
  else expect(said).toBe('');
  if (which === 'newest') expect(readdirSync(dir)).toContain(`${name}.damaged`);
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
    for (const dir of [whole, half]) {
      const before = readdirSync(dir).sort();
      const job = await short(dir);
      await expect(runFold({ ...job, fingerprint: { ...job.fingerprint, [key]: value } })).rejects.toMatchObject({
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
