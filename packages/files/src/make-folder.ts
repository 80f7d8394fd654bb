import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from './input-error';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` never ends below a folder that answers
 * "no such folder" to a new one, as `/proc` does: here every level is tried once.
 *
 * @throws the system's error when a level cannot be made
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  if (missing.length === 0) makeLevel(path);
  else missing.forEach(makeLevel);
}

function makeLevel(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // There already, perhaps since a moment: another process makes the same folders.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return;
    if (!found) throw error; // a link to nothing
    throw Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' });
  }
}
