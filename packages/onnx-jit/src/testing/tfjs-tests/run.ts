import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle';
import type { SpecReport, SpecStart } from './specs';

/**
 * Runs tfjs-core's tests on this package's kernels, in a process of their own: what they ask for may end it.
 *
 * @throws Error naming the test that ended the process or hung
 */
export async function runTfjsTests(): Promise<SpecReport[]> {
  const folder = path.resolve('.cache/tfjs-tests');
  mkdirSync(folder, { recursive: true });
  const [script, results] = [path.join(folder, 'tests.cjs'), path.join(folder, 'results.jsonl')];
  await bundle(script);
  const { status, signal, stderr } = spawnSync(process.execPath, [script, results], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 300_000,
  });
  const text = readFileSync(results, 'utf8').trim();
  const lines = text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as SpecReport | SpecStart);
  const last = lines.at(-1);
  if (status !== 0 || !last || 'started' in last) {
    const where = last && 'started' in last ? `in "${last.started}"` : 'outside a test';
    throw new Error(`tfjs's tests ended ${where} with ${signal ?? status}: ${stderr.slice(-600)}`);
  }
  return lines.filter((line): line is SpecReport => !('started' in line));
}
