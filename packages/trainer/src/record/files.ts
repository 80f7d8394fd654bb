import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, InputError } from '../errors';

/** Writes a whole file or none: a temporary file, flushed, then renamed over the old one. */
export function writeAtomically(path: string, content: string): void {
  const part = `${path}.${process.pid}.part`;
  try {
    const file = openSync(part, 'w');
    try {
      const bytes = Buffer.from(content);
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    flushFolder(dirname(path));
  } catch (error) {
    rmSync(part, { force: true });
    throw diskError(error, path);
  }
}

/** Makes a rename survive a power cut, where the system allows it. */
export function flushFolder(dir: string): void {
  try {
    const folder = openSync(dir, 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Not every system can flush a folder; the rename itself is still atomic.
  }
}

/** A full or read-only disk in words; anything else unchanged. */
export function diskError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new InputError(
      `${path}: no space left on the disk; free some and run the same command again, it goes on from the last checkpoint`,
    );
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new InputError(`${path}: cannot be written (${code})`);
  }
  return error;
}

/** A JSON file, or undefined when there is none (or it is not whole). */
export function readJsonIfThere(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
