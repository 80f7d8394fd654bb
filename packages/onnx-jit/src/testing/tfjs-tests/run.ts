import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle';
import type { SpecReport, SpecStart } from './specs';

const folder = path.resolve('.cache/tfjs-tests');
const results = path.join(folder, 'results.jsonl');

/**
 * Runs tfjs-core's tests on this package's kernels, in a process of their own: what they ask for may end it.
 *
 * @throws Error naming the test that ended the process or hung
 */
export async function runTfjsTests(): Promise<SpecReport[]> {
  mkdirSync(folder, { recursive: true });
  const script = path.join(folder, 'tests.cjs');
  await bundle(script);
  const { status, signal, stderr } = spawnSync(process.execPath, [script, results], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 900_000,
  });
  const lines = readLines();
  const last = lines.at(-1);
  if (status !== 0 || !last || 'started' in last) {
    const where = last && 'started' in last ? `in "${last.started}"` : 'outside a test';
    throw new Error(`tfjs's tests ended ${where} with ${signal ?? status}: ${stderr.slice(-600)}`);
  }
  return reportsOf(lines);
}

function readLines(): (SpecReport | SpecStart)[] {
  const text = readFileSync(results, 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as SpecReport | SpecStart);
}

const reportsOf = (lines: readonly (SpecReport | SpecStart)[]): SpecReport[] =>
  lines.filter((line): line is SpecReport => !('started' in line));

/** What the last run found; null where there was none. */
export function lastReports(): SpecReport[] | null {
  try {
    return reportsOf(readLines());
  } catch {
    return null;
  }
}
