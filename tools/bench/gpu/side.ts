/**
 * Our side of one or more rows on one engine, in a process of its own:
 * `side.mjs JOBS cpu|webgpu|cuda ROW:VARIANT,… …`, a variant being `single`, `many` or, alone, `mixed`; or `side.mjs JOBS problem FOLDER`
 * writes weights and data for every process, and `side.mjs JOBS demo` the demo corpus.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { demoFolder } from '@ser/datasets';
import { createFrozenEncoder, createRandomEncoder, saveEncoder, writeSafetensors } from '@ser/frontend-wavlm';
import { jit, type Precision } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { noise, stream } from '../../../packages/frontend-wavlm/bench/problem';
import { createFinetuning } from '../../../packages/frontend-wavlm/bench/wavlm-finetune';
import { createProblem, readProblem, writeProblem } from '../flam-step/problem';
import { createBatch, createControls, createStep } from '../flam-step/step';
import type { Measured } from './report';
import { columnOf, type Engine, type Variant } from './tasks';
import type { EncoderJob, FlamJob, Job, Plan } from './work';

const [jobsFile = '', what = '', ...rest] = process.argv.slice(2);
const here = path.dirname(jobsFile);
const { jobs } = JSON.parse(readFileSync(jobsFile, 'utf8')) as Plan;

tf.enableProdMode();
await tf.setBackend('cpu');
if (what === 'problem') await writeFolder(rest[0] ?? '');
else if (what === 'demo') await demoFolder();
else for (const words of rest) await measureRow(what as Engine, words);

async function measureRow(engine: Engine, words: string): Promise<void> {
  const [row, variants = ''] = words.split(':');
  const job = jobs.find((one) => one.row === row);
  if (!job) throw new Error(`no job is called ${row}`);
  const wanted = variants.split(',') as Variant[];
  const stepper = await openStepper(
    { provider: engine, precision: wanted.includes('mixed') ? 'mixed' : 'float32' },
    job,
  );
  // Steps of a large model take the CPU seconds; two are enough to compare.
  const short = engine === 'cpu' && job.kind !== 'flam';
  const { warmup, steps } = short ? { warmup: 1, steps: 2 } : job;
  let from = 0;
  for (const variant of wanted) {
    const result =
      variant === 'single'
        ? await timed(from, warmup, steps, 1, (count) => stepper.single(count))
        : await timed(from, 1, job.runs, job.many, (count) => stepper.many(count, job.many));
    from += result.losses?.length ?? 0;
    say({ row: job.row, column: columnOf(engine, variant), ...result });
  }
  await stepper.dispose();
}

interface Stepper {
  /** Step `count`, from 0. @returns what it computed */
  single(count: number): Promise<number>;
  /** Steps from `count` on, in one run. */
  many(count: number, steps: number): Promise<number[]>;
  dispose(): Promise<void>;
}

/** Runs of `steps` steps, the first `warmup` of them not timed. */
async function timed(
  from: number,
  warmup: number,
  runs: number,
  steps: number,
  run: (count: number) => Promise<number | number[]>,
): Promise<Measured> {
  const losses: number[] = [];
  const seconds: number[] = [];
  for (let i = 0; i < warmup + runs; i++) {
    const start = performance.now();
    losses.push(...[await run(from + losses.length)].flat());
    seconds.push((performance.now() - start) / 1000 / steps);
  }
  return {
    seconds: seconds.slice(warmup),
    firstSeconds: (seconds[0] ?? 0) * steps,
    losses,
    from,
    ...(steps === 1 ? {} : { many: steps }),
    cardMiB: cardMiB(),
  };
}

interface Where {
  readonly provider: Engine;
  readonly precision: Precision;
}

function openStepper(where: Where, job: Job): Promise<Stepper> | Stepper {
  if (job.kind === 'flam') return flamStepper(where, job);
  return job.kind === 'finetune' ? finetuneStepper(where, job) : forwardStepper(where.provider, job);
}

function flamStepper(where: Where, job: FlamJob): Stepper {
  const problem = readProblem(path.join(here, job.folder));
  const step = jit(createStep(problem, where.provider), where);
  const held = createBatch(problem);
  // Tensors of its own for each step: what is the same tensor in all steps is handed over once.
  const batch = (count: number) => ({ ...(job.fed ? createBatch(problem) : held), ...createControls(count + 1) });
  return {
    single: async (count) => {
      const { loss } = await step(batch(count));
      return numberOf(loss);
    },
    many: async (count, steps) => {
      const results = await step.many(
        Array.from({ length: steps }, (_, i): [ReturnType<typeof batch>] => [batch(count + i)]),
      );
      return Promise.all(results.map(({ loss }) => numberOf(loss)));
    },
    dispose: async () => {
      await step.dispose();
      // Those of the next row bear the same names.
      tf.disposeVariables();
    },
  };
}

function finetuneStepper(where: Where, job: EncoderJob): Stepper {
  const { config, batch, samples, top } = job;
  const direction = tf.tensor2d(directionOf(config.hiddenSize), [config.hiddenSize, 1]);
  const loss = (frames: tf.Tensor3D): tf.Scalar => {
    const along = tf.matMul(tf.reshape(frames, [-1, config.hiddenSize]), direction);
    return tf.mean(tf.square(along)).asScalar();
  };
  const mode = top === undefined ? {} : { mode: { top } };
  const finetuning = createFinetuning({ config, batch, samples, loss, ...mode });
  const step = jit(finetuning.step, where);
  return {
    single: async (count) => numberOf(await step(finetuning.input(count + 1))),
    many: async (count, steps) => {
      const inputs = Array.from({ length: steps }, (_, i) => finetuning.input(count + i + 1));
      const losses = await step.many(inputs.map((input): [typeof input] => [input]));
      return Promise.all(losses.map(numberOf));
    },
    dispose: async () => {
      await step.dispose();
      finetuning.dispose();
    },
  };
}

/** As a frozen encoder is used: waveforms in, features of each out. */
async function forwardStepper(provider: Engine, { config, batch, samples }: EncoderJob): Promise<Stepper> {
  const encoder = createRandomEncoder(config, stream(5));
  const cacheDir = mkdtempSync(path.join(here, 'features-'));
  const frozen = await createFrozenEncoder(encoder, { cacheDir, provider, batchSamples: batch * samples });
  const values = noise(batch, samples);
  const waves = Array.from({ length: batch }, (_, i) => values.slice(i * samples, (i + 1) * samples));
  const keep = waves.map(() => false);
  const direction = directionOf(config.hiddenSize);
  const single = async (): Promise<number> => {
    const features = await frozen.extract(waves, { keep });
    const squares = features.map(({ data }) => meanSquareAlong(direction, data));
    return squares.reduce((sum, x) => sum + x, 0) / squares.length;
  };
  return {
    single,
    many: () => Promise.reject(new Error('a forward pass has no state to keep')),
    dispose: async () => {
      await frozen.dispose();
      encoder.dispose();
      rmSync(cacheDir, { recursive: true });
    },
  };
}

/**
 * The loss of an encoder is the mean square of its frames along this direction. (That of normalised frames themselves is
 * 1, whatever they are.)
 */
function directionOf(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1));
}

function meanSquareAlong(direction: Float32Array, frames: Float32Array): number {
  let total = 0;
  for (let start = 0; start < frames.length; start += direction.length) {
    const along = direction.reduce((sum, x, i) => sum + x * (frames[start + i] ?? NaN), 0);
    total += along * along;
  }
  return (total * direction.length) / frames.length;
}

async function numberOf(scalar: tf.Tensor): Promise<number> {
  const [value = NaN] = await scalar.data();
  scalar.dispose();
  return value;
}

/** Weights and data that several jobs share. */
async function writeFolder(name: string): Promise<void> {
  const folder = path.join(here, name);
  mkdirSync(folder, { recursive: true });
  const own = jobs.filter((job) => job.folder === name);
  const [first] = own;
  if (!first) throw new Error(`no job has the folder ${name}`);
  if (first.kind === 'flam') {
    writeProblem(createProblem(first.shape), folder);
    return;
  }
  for (const job of own) {
    if (job.kind === 'flam') continue;
    const { batch, samples } = job;
    const waves = { shape: [batch, samples], data: noise(batch, samples) };
    await writeSafetensors(path.join(folder, `waves-${samples}.safetensors`), [['waves', waves]]);
  }
  await saveEncoder(createRandomEncoder(first.config, stream(5)), path.join(folder, 'model'));
}

/** What the driver says is in use on the first card; null without one. */
function cardMiB(): number | null {
  try {
    const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
    const text = execFileSync('nvidia-smi', query, { encoding: 'utf8', timeout: 10_000, stdio: 'pipe' });
    return Number(text.split('\n')[0]);
  } catch {
    return null;
  }
}

function say(result: Measured & { row: string; column: string }): void {
  process.stdout.write(`@result ${JSON.stringify(result)}\n`);
}
