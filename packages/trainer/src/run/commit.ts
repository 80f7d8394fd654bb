import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Commit } from '../record/run-files';

/** The commit that a folder is at; undefined outside of a working tree, and without git. */
export async function workingCommit(folder = process.cwd()): Promise<Commit | undefined> {
  const git = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', ['-C', folder, ...words], { timeout: 20_000 })).stdout.trim();
  try {
    const id = await git('rev-parse', 'HEAD');
    return { id, isModified: (await git('status', '--porcelain', '--untracked-files=no')) !== '' };
  } catch {
    return undefined;
  }
}
