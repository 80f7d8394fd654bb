import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describeIf } from '../test-support/describe-if';
import { buildCached, CannotBuild } from './build';

const root = path.resolve(__dirname, '../..');
/** The recordings of the tiny fold are shorter than what is mixed by default. */
const mixed = { minMixSeconds: 0.01 };
const variants = [
  ...['eam', 'lam', 'none'].map((mix) => ({ ...mixed, mix })),
  ...['mean', 'max'].map((pool) => ({ ...mixed, pool })),
  { losses: ['kl'] },
  { losses: ['focal', 'center'] },
  { losses: ['kl', 'supcon'] },
  { classifier: 'utterance' },
  { tune: 'frozen' },
];

interface Report {
  readonly losses: readonly (readonly number[])[];
  readonly threads: number;
}

/**
 * In a process of its own, started in `cwd`: the addon is looked for there, and TensorFlow takes its threads once.
 * @throws with what the process wrote to its error stream
 */
async function folds(cwd: string, engine: string, threads: number, settings: readonly object[]): Promise<Report> {
  const script = path.join(__dirname, 'run-folds.ts');
  const tsx = pathToFileURL(require.resolve('tsx')).href;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ser/source', '--import', tsx, script, engine, `${threads}`, JSON.stringify(settings)],
    { cwd, env: { ...process.env, NODE_OPTIONS: '' }, timeout: 120_000 },
  );
  return JSON.parse(/^@report (.*)$/m.exec(stdout)?.[1] ?? '') as Report;
}

/** Built before the tests are collected, because whether they can run hangs on it. */
function built(): { folder: string; reason?: never } | { folder?: never; reason: string } {
  try {
    return { folder: buildCached('cpu', 60) };
  } catch (error) {
    if (error instanceof CannotBuild) return { reason: error.message };
    throw error;
  }
}

const { folder = '', reason = '' } = built();

describeIf(folder !== '', `engine tfjs-node: ${reason}`)('engine tfjs-node, found in the working folder', () => {
  test("gives onnx-cpu's losses to 5e-7, whatever the settings", async () => {
    const [{ losses: expected }, { losses }] = await Promise.all([
      folds(root, 'onnx-cpu', 1, variants),
      folds(folder, 'tfjs-node', 2, variants),
    ]);
    expect(expected).toHaveLength(variants.length);
    // Settings that did not arrive would agree as well.
    expect(new Set(expected.map((row) => row.join())).size).toBe(variants.length);
    const differences = expected.map((row, i) => row.map((loss, step) => Math.abs(losses[i]![step]! / loss - 1)));
    expect(differences.map((row) => row.length)).toEqual(variants.map(() => 4)); // three steps, and the epoch
    expect(variants.filter((_, i) => !(Math.max(...differences[i]!) < 5e-7))).toEqual([]);
  });

  test('computes with as many threads as it is told', async () => {
    const [two, six] = await Promise.all([2, 6].map((threads) => folds(folder, 'tfjs-node', threads, [])));
    expect(six!.threads - two!.threads).toBe(2 * (6 - 2)); // TensorFlow has two pools
  });

  test('as tfjs-node-gpu without a GPU, is refused in one line', async () => {
    const other = mkdtempSync(path.join(tmpdir(), 'ser-tfjs-node-gpu-'));
    try {
      const modules = path.join(other, 'node_modules/@tensorflow');
      mkdirSync(modules, { recursive: true });
      symlinkSync(path.join(folder, 'node_modules/@tensorflow/tfjs-node'), path.join(modules, 'tfjs-node-gpu'));
      await expect(folds(other, 'tfjs-node-gpu', 1, [])).rejects.toThrow(
        /engine tfjs-node-gpu is not available \(TensorFlow finds no NVIDIA GPU, .*\); add it with: /,
      );
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
