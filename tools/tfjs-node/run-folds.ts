/**
 * Tiny folds of the trainer, one for each of the settings in a JSON list: `run-folds.ts ENGINE THREADS SETTINGS`. It
 * prints the losses of each, and the threads of the process.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFold } from '../../packages/trainer/src/run/fold';
import { tinyFold } from '../../packages/trainer/src/testing/tiny-fold';
import { openEngine, type Engine, type EngineName } from '../../packages/trainer/src/training/engine';

const [name, threads, settings = '[]'] = process.argv.slice(2);
const open = (): Promise<Engine> => openEngine(name as EngineName, Number(threads));
const losses: number[][] = [];
for (const overrides of JSON.parse(settings) as object[]) {
  const dir = mkdtempSync(join(tmpdir(), 'ser-tfjs-node-'));
  try {
    const job = await tinyFold(dir, { epochs: 1, buckets: 1, batchSize: 8, baseline: 'none', ...overrides });
    await runFold({ ...job, engine: await open() });
    const rows = readFileSync(join(dir, 'metrics.jsonl'), 'utf8').trim().split('\n');
    losses.push(rows.map((row) => (JSON.parse(row) as { loss: number }).loss));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
await open();
const started = process.platform === 'linux' ? readdirSync('/proc/self/task').length : 0;
console.log(`@report ${JSON.stringify({ losses, threads: started })}`);
