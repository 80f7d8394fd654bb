import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLease } from '@ser/files';
import { listCheckpoints } from '../record/checkpoint';
import { runFold, type FoldJob } from './fold';
import { readModelCard } from '../record/model-file';
import { leaseFile } from './lease-file';
import type { FoldResult } from '../record/run-files';
import { tinyFold } from '../testing/tiny-fold';

const root = mkdtempSync(join(tmpdir(), 'ser-fold-'));
const fresh = (name: string): string => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Row {
  readonly type: string;
  readonly step: number;
  readonly loss: number;
  readonly components: Record<string, { raw: number; weighted: number }>;
}
function rows(dir: string): Row[] {
  return readFileSync(join(dir, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1) // what follows the last line break may be half a row
    .map((line) => ({ ...(JSON.parse(line) as Row), seconds: 0 }));
}
/** What must not depend on interruptions. */
function outcome(dir: string): unknown {
  const { seconds: _, commit: __, ...fold } = JSON.parse(readFileSync(join(dir, 'fold.json'), 'utf8')) as FoldResult;
  const text = (name: string): string => readFileSync(join(dir, name), 'utf8');
  const model = readFileSync(join(dir, 'model.safetensors')).toString('base64');
  return { fold, model, rows: rows(dir), predictions: text('predictions.jsonl'), embeddings: text('embeddings.jsonl') };
}

const plain = fresh('plain');
let expected: unknown;
beforeAll(async () => {
  await runFold(await tinyFold(plain));
  expected = outcome(plain);
}, 120_000);

/** The same fold in a process of its own, as `ser fold` would run it. */
function start(dir: string): ChildProcess {
  const script = join(__dirname, '../testing/tiny-fold.ts');
  return spawn(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', script, dir], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
}
const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.on('close', (code) => done(code)));

describe('runFold', () => {
  test('trains, tests each utterance once, and keeps the last checkpoints', async () => {
    const predictions = readFileSync(join(plain, 'predictions.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; probabilities: number[] });
    const job = await tinyFold(plain);
    expect(predictions.map(({ id }) => id)).toEqual(job.fold.test.map(({ id }) => id));
    for (const { probabilities } of predictions) expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(listCheckpoints(plain)).toHaveLength(2);
    const epochs = rows(plain).filter(({ type }) => type === 'epoch');
    expect(epochs).toHaveLength(4);
    expect(epochs.at(-1)?.loss).toBeLessThan(0.8 * (epochs[0]?.loss ?? 0));
    for (const { weighted } of Object.values(rows(plain)[0]?.components ?? {})) expect(weighted).toBeLessThanOrEqual(1);
    expect(readdirSync(plain).filter((name) => name.includes('lock') || name.includes('.part'))).toEqual([]);
  });

  test('a second run of the same settings is the same, bit for bit; a finished fold is not run again', async () => {
    const dir = fresh('again');
    await runFold(await tinyFold(dir));
    expect(outcome(dir)).toEqual(expected);
    const before = readFileSync(join(dir, 'metrics.jsonl'), 'utf8');
    await runFold(await tinyFold(dir));
    expect(readFileSync(join(dir, 'metrics.jsonl'), 'utf8')).toBe(before);
  });

  test('Ctrl-C leaves a checkpoint; the run goes on to the same weights, bit for bit', async () => {
    const dir = fresh('interrupted');
    for (const stopAt of [3, 11, 17]) {
      const controller = new AbortController();
      const job = await tinyFold(dir);
      let steps = 0;
      const progress = {
        ...job.progress,
        step: ({ step }: { step: number }) => ((steps = step), step >= stopAt ? controller.abort() : undefined),
      };
      await expect(runFold({ ...job, progress, signal: controller.signal })).rejects.toThrow();
      expect(steps).toBe(stopAt);
      expect(existsSync(join(dir, 'fold.json'))).toBe(false);
    }
    await runFold(await tinyFold(dir));
    expect(outcome(dir)).toEqual(expected);
  });

  test('with class weights and balanced sampling it goes on to the same weights, too', async () => {
    const settings = { classWeights: 'balanced', sampling: 'balanced' } as const;
    const dropped = new Set(['u01', 'u03', 'u05', 'u07', 'u09', 'u11', 'u13']);
    const unbalanced = async (dir: string): Promise<FoldJob> => {
      const job = await tinyFold(dir, settings);
      return { ...job, fold: { ...job.fold, train: job.fold.train.filter(({ id }) => !dropped.has(id)) } };
    };
    const [whole, stopped] = [fresh('weighted'), fresh('weighted-stopped')];
    await runFold(await unbalanced(whole));
    for (const stopAt of [2, 6]) {
      const controller = new AbortController();
      const job = await unbalanced(stopped);
      const progress = {
        ...job.progress,
        step: ({ step }: { step: number }) => (step >= stopAt ? controller.abort() : undefined),
      };
      await expect(runFold({ ...job, progress, signal: controller.signal })).rejects.toThrow();
    }
    await runFold(await unbalanced(stopped));
    expect(outcome(stopped)).toEqual(outcome(whole));
    const plain = fresh('weighted-not');
    const job = await unbalanced(plain);
    await runFold({ ...job, config: { ...job.config, classWeights: 'none', sampling: 'shuffle' } });
    expect(outcome(plain)).not.toEqual(outcome(whole));
  });

  test('killed at random moments, it ends as if it had not been', async () => {
    const dir = fresh('killed');
    const log = join(dir, 'metrics.jsonl');
    for (const steps of [1, 8, 15]) {
      const child = start(dir);
      while (child.exitCode === null && !(existsSync(log) && rows(dir).length >= steps)) await sleep(5);
      await sleep(40 * Math.random());
      child.kill('SIGKILL');
      await ended(child);
    }
    expect(existsSync(join(dir, 'fold.json'))).toBe(false);
    const last = start(dir);
    let text = '';
    last.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const code = await ended(last);
    expect({ code, text: code === 0 ? '' : text }).toEqual({ code: 0, text: '' });
    expect(outcome(dir)).toEqual(expected);
  }, 180_000);

  test('a loss that is no number stops the fold, names the utterances of the batch, and leaves the checkpoints', async () => {
    const dir = fresh('diverged');
    const failure = await runFold(await tinyFold(dir, { lr: 1e30, checkpointEvery: 1 })).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'InputError' });
    expect(String(failure)).toMatch(
      /fold 1, epoch 1, step \d+: the loss is .*; utterances of this batch: u\d\d, u\d\d/,
    );
    expect(existsSync(join(dir, 'fold.json'))).toBe(false);
    expect(existsSync(join(dir, leaseFile))).toBe(false);
  });

  test('an utterance with NaN in it is named, and is no label', async () => {
    const dir = fresh('nan');
    const job = await tinyFold(dir, {
      mix: 'none',
      losses: ['kl'],
      lossWeights: { kl: 1 },
      buckets: 1,
      lengthGroup: 1,
    });
    const bad = job.fold.train[5]?.id ?? '';
    const stored = job.waves.get(bad);
    if (!stored?.shared) throw new Error('no wave');
    new Float32Array(stored.shared).fill(NaN);
    const failure = await runFold(job).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'InputError' });
    expect(String(failure)).toContain(`the model gives no number for "${bad}"`);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  test('two processes do not share a fold; the lock of a dead one is taken over', async () => {
    const dir = fresh('locked');
    const lease = await takeLease(join(dir, leaseFile), { purpose: 'runs this fold' });
    const other = start(dir);
    let text = '';
    other.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    expect(await ended(other)).not.toBe(0);
    expect(text).toContain(`process ${process.pid}`);
    expect(text).toContain('runs this fold already');
    lease.release();
    const holder = start(dir);
    while (!existsSync(join(dir, leaseFile))) await sleep(5);
    holder.kill('SIGKILL');
    await ended(holder);
    expect(existsSync(join(dir, leaseFile))).toBe(true);
    await runFold(await tinyFold(dir));
    expect(existsSync(join(dir, leaseFile))).toBe(false);
    expect(outcome(dir)).toEqual(expected);
  });

  test('inner validation selects the epoch and is not trained on; averaging works with it', async () => {
    const dir = fresh('validated');
    const result = await runFold(await tinyFold(dir, { validationGroups: 1, select: 'best', emaDecay: 0.9 }));
    expect(result.trainUtterances).toBe((await tinyFold(dir)).fold.train.length - 5);
    const scores = rows(dir).flatMap((row) =>
      'validation' in row ? [(row as { validation: { ua: number } }).validation.ua] : [],
    );
    expect(scores).toHaveLength(4);
    expect(result.epoch).toBe(scores.indexOf(Math.max(...scores)) + 1);
    expect(result.validation?.ua).toBeCloseTo(Math.max(...scores), 6);
    // All five right leave no best temperature; otherwise model and fold have the same one.
    const isPerfect = result.validation?.wa === 1;
    expect(result.temperature === undefined).toBe(isPerfect);
    expect((await readModelCard(join(dir, 'model.safetensors'))).temperature).toBe(result.temperature);
  });
});
