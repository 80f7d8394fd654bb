/**
 * npm run bench -- mixed: the demo trained in mixed precision beside float32, with the graph that is made for CUDA. It runs
 * on the CPU, where operands and results of products are rounded to bfloat16 and the products are of float32: the losses
 * tell what the rounding does to training, the times nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileFunction } from '../../packages/onnx-jit/src/jit';
import { resolveConfig } from '../../packages/trainer/src/config/resolve';
import type { Config } from '../../packages/trainer/src/config/schema';
import { loadWaves } from '../../packages/trainer/src/data/waves';
import { openEncoder } from '../../packages/trainer/src/model/encoder';
import { openData } from '../../packages/trainer/src/run/corpus';
import { runFold, type FoldJob } from '../../packages/trainer/src/run/fold';
import { createProgress } from '../../packages/trainer/src/run/progress';
import { openEngine, type Engine } from '../../packages/trainer/src/training/engine';
import { table } from '../table';
import { OptionError } from './process';

export const help = `npm run bench -- mixed
  losses of the demo in mixed precision beside float32, with CUDA's graph on the CPU
  --steps N         training steps (200)
  --hidden-size D   features of the encoder (512)
  --lr RATE         learning rate of the model (3e-4)`;

export async function mixed(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '200' },
      'hidden-size': { type: 'string', default: '512' },
      lr: { type: 'string', default: '3e-4' },
    },
  });
  const steps = Number(values.steps);
  if (!Number.isInteger(steps) || steps < 1) throw new OptionError(`--steps=${values.steps}: expected a whole number`);
  const { config } = resolveConfig({ flags: { hiddenSize: values['hidden-size'], lr: values.lr, epochs: '1000' } });
  const [single, half] = [await lossesOf(config, steps), await lossesOf({ ...config, precision: 'mixed' }, steps)];

  const apart = single.map((loss, i) => Math.abs((half[i] ?? NaN) - loss) / loss);
  const every = Math.ceil(steps / 8);
  const shown = single.flatMap((_, i) => (i === 0 || (i + 1) % every === 0 ? [i] : []));
  const rows = shown.map((i) => [`${i + 1}`, decimals(single[i]), decimals(half[i])]);
  const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const last = Math.min(20, steps);
  rows.push([`mean of the last ${last}`, decimals(mean(single.slice(-last))), decimals(mean(half.slice(-last)))]);
  console.log(table(['step', 'float32', 'mixed'], rows));
  console.log(`relative difference: largest ${percent(Math.max(...apart))}, mean ${percent(mean(apart))}`);
}

const decimals = (loss = NaN): string => loss.toFixed(4);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The losses of the first steps of the demo's first fold. */
async function lossesOf(config: Config, steps: number): Promise<number[]> {
  const dir = mkdtempSync(join(tmpdir(), 'ser-mixed-'));
  const controller = new AbortController();
  const quiet = createProgress({ quiet: true });
  const step: FoldJob['progress']['step'] = (at) => (at.step >= steps ? controller.abort() : undefined);
  try {
    await runFold({ ...(await foldOf(config)), dir, progress: { ...quiet, step }, signal: controller.signal }).catch(
      (error: unknown) => {
        if (!controller.signal.aborted) throw error;
      },
    );
    const log = await readFile(join(dir, 'metrics.jsonl'), 'utf8');
    const rows = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; loss: number });
    return rows
      .filter(({ type }) => type === 'step')
      .slice(0, steps)
      .map(({ loss }) => loss);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function foldOf(config: Config): Promise<Omit<FoldJob, 'dir' | 'progress'>> {
  const { labels, splits } = await openData(config, () => Promise.resolve(400));
  const [split] = splits;
  if (!split) throw new Error('the demo has no fold');
  const { fold, validation } = split;
  const createEncoder = openEncoder(config);
  const encoder = await createEncoder();
  const { minSamples } = encoder;
  encoder.dispose();
  const waves = await loadWaves([...fold.train, ...validation, ...fold.test], { ...config, minSamples });
  const fingerprint = { labels, utterances: '', labelled: '', speakers: '', audio: '', settings: {} };
  return { config, labels, fold, validation, waves, createEncoder, fingerprint, engine: await emulatedCuda() };
}

/** The CPU with the graph that is made for CUDA. */
async function emulatedCuda(): Promise<Engine> {
  return {
    ...(await openEngine('onnx-cpu')),
    compile: (fn, precision = 'float32') => {
      const step = compileFunction(fn, { precision }, 'cuda');
      const many = (inputs: readonly Parameters<typeof fn>[0][]) => step.many(inputs.map((input) => [input]));
      const run = (input: Parameters<typeof fn>[0]) => step(input);
      return Object.assign(run, { many, sync: step.sync, dispose: step.dispose });
    },
  };
}
