import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, fileError, InputError } from '@ser/files';
import { byText } from '../order';

/** Deep enough for all known layouts. The limit also ends the search where links form a circle. */
const maxDepth = 8;

/**
 * The files below a folder whose path relative to it passes the test, sorted. Hidden folders, and those that macOS
 * puts into archives, are passed over.
 *
 * @throws {InputError} when the folder is not there.
 */
export async function findFiles(root: string, test: (relative: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await list(path.join(root, folder))) {
      const relative = path.posix.join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue;
      if (entry.isDirectory() || (entry.isSymbolicLink() && !/\.\w{2,4}$/.test(entry.name))) {
        if (depth < maxDepth) await walk(relative, depth + 1);
      } else if (test(relative)) found.push(relative);
    }
  };
  await walk('', 0);
  return found.sort(byText);
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new InputError(`${folder}: no such folder, expected that of the corpus`);
    if (code === 'ENOTDIR') throw new InputError(`${folder}: a file, expected the folder of the corpus`);
    throw fileError(error, folder);
  }
}
