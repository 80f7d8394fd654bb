import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Order, Outcome } from './attack';

/** What an input may take: it is small, and what it states must not matter. */
export const limits = { seconds: 15, megabytes: 500 };

export interface Apart {
  readonly outcome: Outcome;
  readonly seconds: number;
  /** Largest resident memory of the process while it ran; undefined where the system does not tell. */
  readonly megabytes: number | undefined;
}

/** Processes that run the attacks of a group; one that breaks a limit or dies is replaced. */
export function victims(group: string) {
  let process: ChildProcess | undefined;
  const start = async (): Promise<ChildProcess> => {
    const child = fork(path.join(import.meta.dirname, 'victim.ts'), [group], {
      execArgv: ['--conditions=@ser/source', '--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', () => reject(new Error(`the process of the group ${group} does not start`)));
    });
    return child;
  };
  const stop = (): void => {
    process?.kill('SIGKILL');
    process = undefined;
  };
  return {
    stop,
    run: async (order: Order): Promise<Apart> => {
      process ??= await start();
      const result = await runOne(process, order);
      // Memory that is only waiting for the garbage collector would be counted against the next attack.
      const isSpent = result.outcome.kind === 'defect' || (result.megabytes ?? 0) > 0.7 * limits.megabytes;
      if (isSpent || process.exitCode !== null) stop();
      return result;
    },
  };
}

function runOne(child: ChildProcess, order: Order): Promise<Apart> {
  return new Promise((resolve) => {
    const started = performance.now();
    let megabytes: number | undefined;
    let errors = '';
    forgetPeak(child.pid);
    const watch = setInterval(() => {
      megabytes = peakOf(child.pid) ?? megabytes;
      if ((megabytes ?? 0) > 2 * limits.megabytes) end({ kind: 'defect', error: 'takes ever more memory' });
      if (performance.now() - started > limits.seconds * 1000) end({ kind: 'defect', error: 'does not end' });
    }, 20);
    const end = (outcome: Outcome): void => {
      clearInterval(watch);
      megabytes = peakOf(child.pid) ?? megabytes;
      child.removeAllListeners();
      child.stderr?.removeAllListeners();
      const isLarge = (megabytes ?? 0) > limits.megabytes;
      const seconds = (performance.now() - started) / 1000;
      resolve({ outcome: isLarge ? { kind: 'defect', error: 'takes too much memory' } : outcome, seconds, megabytes });
    };
    child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
    child.once('message', (outcome: Outcome) => end(outcome));
    child.once('exit', (code, signal) => end({ kind: 'defect', error: `dies (${signal ?? code}) ${errors}` }));
    child.send(order);
  });
}

/** Linux: the largest resident memory since `forgetPeak`, in MB. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}

function forgetPeak(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not there: the peak is that of the whole life of the process.
  }
}
