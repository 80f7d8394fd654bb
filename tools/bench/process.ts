import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** What one side prints: seconds of each step, its peak memory and what it computed. */
export interface Sample {
  readonly seconds: readonly number[];
  readonly peakBytes: number;
  readonly losses?: readonly number[];
  readonly version?: string;
}

/** A side that gave no numbers, with the reason in one line. */
export class SideFailed extends Error {
  override name = 'SideFailed';
}

/** An option that cannot be used, said in one line. */
export class OptionError extends Error {
  override name = 'OptionError';
}

/** Runs one side to its end, alone, and reads the last line it prints. */
export async function runSide(command: string, args: readonly string[], timeoutSeconds: number): Promise<Sample> {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      timeout: timeoutSeconds * 1000,
      maxBuffer: 1 << 26,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Sample;
  } catch (error) {
    if (isObject(error) && error['killed'] === true) throw new SideFailed(`no result within ${timeoutSeconds} s`);
    const stderr = isObject(error) && typeof error['stderr'] === 'string' ? error['stderr'].trim() : '';
    const line =
      stderr
        .split('\n')
        .filter((text) => /error/i.test(text))
        .at(-1) ?? stderr.split('\n').at(-1);
    throw new SideFailed(line || (error instanceof Error ? error.message : String(error)));
  }
}

/** Arguments of `node` for a TypeScript program of this workspace. */
export function nodeArguments(file: string, ...rest: string[]): string[] {
  return ['--conditions=@ser/source', '--import', 'tsx', path.join(import.meta.dirname, file), ...rest];
}

const looked = new Map<string, Promise<void>>();

/** @throws SideFailed with the reason why an interpreter cannot be a peer; looked at once. */
export function requireTorch(python: string): Promise<void> {
  const known = looked.get(python) ?? lookForTorch(python);
  looked.set(python, known);
  return known;
}

async function lookForTorch(python: string): Promise<void> {
  if (python.includes(path.sep) && !existsSync(python)) throw new SideFailed(`no such interpreter: ${python}`);
  try {
    await promisify(execFile)(python, ['-c', 'import torch'], { timeout: 120_000 });
  } catch {
    throw new SideFailed(`${python} has no PyTorch: name an interpreter that has with --python`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
