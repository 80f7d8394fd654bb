import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readSafetensorsMetadata } from '@ser/frontend-wavlm';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * Kills `ser fold` with SIGKILL at seeded random moments and gives the same command again until the fold is done, in one
 * run folder after the other, until it was killed `--times` times. Every fold must end with the model, the predictions
 * and the losses of one that was never interrupted, bit for bit; a command that fails is a lost run.
 *
 *   npm run kill-test -- --times 50 --seed 1
 *
 * With `--nodes` every command runs on the other one of two "machines": under another host name and in a process space of
 * its own, so that it cannot see whether the holder of the fold lives and has to wait a minute for its signs of life.
 */
const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'boolean', default: false },
  },
});
const times = Number(values.times);
const seed = Number(values.seed);
if (!Number.isInteger(times) || times < 1 || !Number.isInteger(seed)) {
  console.error('kill-test: expected --times of at least 1 and a whole --seed');
  process.exit(2);
}
const generator = xoroshiro128plus(seed);
const random = (): number => uniformFloat64(generator);

const root = mkdtempSync(join(tmpdir(), 'ser-kill-'));
const settings = [
  ...['--preset=none', '--dataset=demo', '--hidden-size=16', '--heads=2', '--projection=8', '--crop=1'],
  ...['--max-seconds=2', '--buckets=1', '--epochs=10', '--ema-decay=0.9', '--checkpoint-every=4', '--threads=1'],
];
let commands = 0;
const node = ['--conditions=@ser/source', '--import', 'tsx', 'packages/trainer/src/cli.ts'];

try {
  const started = performance.now();
  await train('reference');
  const whole = performance.now() - started;
  const expected = await outcome('reference');
  let kills = 0;
  let training = 0;
  let runs = 0;
  let different = 0;
  while (kills < times) {
    const name = `run-${++runs}`;
    for (let done = false; !done;) {
      done = await train(name, kills < times ? random() * whole : undefined);
      if (done) continue;
      kills++;
      if (existsSync(join(root, name, 'fold-1', 'metrics.jsonl'))) training++;
      console.error(`${name}: killed ${kills} of ${times}, ${rows(name).length} rows in its metrics`);
    }
    if ((await outcome(name)) !== expected) {
      different++;
      console.error(`${name}: ended differently from the uninterrupted run`);
    }
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `kill test: ${kills} kills (${training} after training had begun) over ${runs} runs, seed ${seed}, ${seconds} s; ` +
      `${runs} runs finished, ${runs - different} equal to the uninterrupted one bit for bit`,
  );
  if (different > 0) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

/**
 * `ser fold 1`, killed after so many milliseconds unless it is done before.
 * @returns whether it was done
 */
async function train(name: string, killAfter?: number): Promise<boolean> {
  const machine = values.nodes ? `node-${(commands++ % 2) + 1}` : undefined;
  const program = [process.execPath, ...node, 'fold', '1', `--runs=${root}`, `--name=${name}`, ...settings];
  const [command = '', ...args] = machine === undefined ? program : [...onMachine(machine), ...program];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-4000)));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  const timer = new AbortController();
  if (killAfter !== undefined) {
    const { signal } = timer;
    void (async () => {
      if (machine !== undefined) await untilHeld(name, machine, signal);
      await sleep(killAfter, undefined, { signal });
      child.kill('SIGKILL');
    })().catch(() => undefined); // it was done before
  }
  const { code, signal } = await ended;
  timer.abort();
  if (signal === 'SIGKILL') return false;
  if (code !== 0) throw new Error(`${name}: the same command ended with code ${code}\n${text}`);
  return true;
}

/** What a command line begins with to run on a machine of its own; killed, it takes everything there with it. */
function onMachine(name: string): string[] {
  const script = 'hostname "$0" && exec "$@"';
  return ['unshare', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, name];
}

/** Waits until a machine holds the fold: before that it waits itself, for the signs of life of the one before. */
async function untilHeld(name: string, machine: string, signal: AbortSignal): Promise<void> {
  const lock = join(root, name, 'fold-1', 'lock');
  while (!existsSync(lock) || !readFileSync(lock, 'utf8').includes(`"host":"${machine}"`)) {
    await sleep(100, undefined, { signal });
  }
}

/** What must not depend on interruptions. Of the model, the checksum over all weights: the file also names its run. */
async function outcome(name: string): Promise<string> {
  const path = (file: string): string => join(root, name, 'fold-1', file);
  const { sha256 } = await readSafetensorsMetadata(path('model.safetensors'));
  if (sha256 === undefined) throw new Error(`${path('model.safetensors')}: has no checksum`);
  const texts = ['predictions.jsonl', 'embeddings.jsonl'].map((file) => readFileSync(path(file), 'utf8'));
  return JSON.stringify([sha256, ...texts, rows(name)]);
}

/** The rows of the metrics without their times; what follows the last line break may be half a row. */
function rows(name: string): string[] {
  const path = join(root, name, 'fold-1', 'metrics.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => line.replace(/"seconds":[^,}]+/, ''));
}
