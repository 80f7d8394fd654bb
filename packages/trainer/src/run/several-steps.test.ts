import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { BatchPlan } from '../data/plan';
import { tinyFold } from '../testing/tiny-fold';
import type { Engine } from '../training/engine';
import { runFold } from './fold';
import { gatherRuns, nextRun, stepsOfRun } from './runs';

const root = mkdtempSync(join(tmpdir(), 'ser-several-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const settings = { stepsPerRun: 3, epochs: 3, emaDecay: 0.9, checkpointEvery: 2 };

function rows(dir: string): unknown[] {
  const log = join(dir, 'metrics.jsonl');
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));
}
function outcome(dir: string): unknown {
  const model = readFileSync(join(dir, 'model.safetensors')).toString('base64');
  return { model, rows: rows(dir), predictions: readFileSync(join(dir, 'predictions.jsonl'), 'utf8') };
}

/** The engine, but that several steps are single ones. */
const oneByOne = (engine: Engine): Engine => ({
  ...engine,
  compile: (fn) => {
    const run = engine.compile(fn);
    const many = async (inputs: readonly Parameters<typeof fn>[0][]) => {
      const outputs: ReturnType<typeof fn>[] = [];
      for (const input of inputs) outputs.push(await run(input));
      return outputs;
    };
    return Object.assign((input: Parameters<typeof fn>[0]) => run(input), {
      many,
      sync: run.sync,
      dispose: run.dispose,
    });
  },
});

describe('several steps in one run', () => {
  const single = join(root, 'single');
  let expected: unknown;
  beforeAll(async () => {
    const job = await tinyFold(single, settings);
    await runFold({ ...job, engine: oneByOne(job.engine) });
    expected = outcome(single);
  }, 120_000);

  test('give the losses of single ones, a row each, and the same model, bit for bit', async () => {
    const dir = join(root, 'together');
    await runFold(await tinyFold(dir, settings));
    expect(outcome(dir)).toEqual(expected);
  });

  test('Ctrl-C falls between two runs, and the fold goes on to the same end', async () => {
    const dir = join(root, 'interrupted');
    for (const stopAt of [2, 7]) {
      const controller = new AbortController();
      const job = await tinyFold(dir, settings);
      const step = ({ step }: { step: number }) => (step >= stopAt ? controller.abort() : undefined);
      await expect(
        runFold({ ...job, progress: { ...job.progress, step }, signal: controller.signal }),
      ).rejects.toThrow();
    }
    await runFold(await tinyFold(dir, settings));
    expect(outcome(dir)).toEqual(expected);
  });

  test('killed with SIGKILL, the fold goes on to the same end', async () => {
    const dir = join(root, 'killed');
    const script = join(__dirname, '../testing/tiny-fold.ts');
    const start = () =>
      spawn(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', script, dir, JSON.stringify(settings)]);
    for (const least of [1, 7]) {
      const child = start();
      const ended = new Promise((done) => child.on('close', done));
      while (child.exitCode === null && rows(dir).length < least) await sleep(5);
      await sleep(30 * Math.random());
      child.kill('SIGKILL');
      await ended;
    }
    const code = await new Promise((done) => start().on('close', done));
    expect(code).toBe(0);
    expect(outcome(dir)).toEqual(expected);
  }, 120_000);

  test('a loss that is not finite names its step and its batch', async () => {
    const dir = join(root, 'not-finite');
    const job = await tinyFold(dir, { ...settings, lossWeights: { kl: 1 }, losses: ['kl'], lr: 1e38 });
    await expect(runFold(job)).rejects.toThrow(
      /epoch 1, step \d+: the loss is NaN .*utterances of this batch: u\d\d, u\d\d/,
    );
  });
});

describe('runs of a plan', () => {
  const plans = fc.array(
    fc.record({
      samples: fc.constantFrom(100, 200, 300),
      utterances: fc
        .integer({ min: 1, max: 2 })
        .map((n) => Array.from({ length: n }, () => ({}) as BatchPlan['utterances'][number])),
    }),
    { maxLength: 40 },
  );
  test('hold every batch once, and as many full runs as there can be', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 6 }), (plan, steps) => {
        const gathered = gatherRuns(plan, steps);
        expect(new Set(gathered)).toEqual(new Set(plan));
        expect(gathered).toHaveLength(plan.length);
        const shape = ({ samples, utterances }: BatchPlan): string => `${samples} ${utterances.length}`;
        const lengths: number[] = [];
        for (let left = gathered; left.length > 0;) {
          const length = nextRun(left, steps);
          expect(new Set(left.slice(0, length).map(shape)).size).toBe(1);
          lengths.push(length);
          left = left.slice(length);
        }
        const counts = new Map<string, number>();
        for (const batch of plan) counts.set(shape(batch), (counts.get(shape(batch)) ?? 0) + 1);
        const full = [...counts.values()].reduce((sum, count) => sum + Math.floor(count / steps), 0);
        expect(lengths.filter((length) => length === steps).length).toBeGreaterThanOrEqual(full);
        if (steps === 1) expect(gathered).toEqual(plan);
      }),
    );
  });

  test('are as long as set, else as the engine gains from and memory holds', () => {
    const config = { stepsPerRun: 0, batchSize: 16, crop: 6 };
    const bytes = (rows: number, seconds: number) => rows * seconds * 64_000; // 6 MB
    expect(stepsOfRun(config, { stepsPerRun: 16 }, bytes)).toBe(16);
    expect(stepsOfRun(config, { stepsPerRun: 1 }, bytes)).toBe(1);
    expect(stepsOfRun({ ...config, stepsPerRun: 5 }, { stepsPerRun: 1 }, bytes)).toBe(5);
    expect(stepsOfRun(config, { stepsPerRun: 16 }, () => 100e6)).toBe(5);
    expect(stepsOfRun(config, { stepsPerRun: 16 }, () => 1e12)).toBe(1);
  });
});
