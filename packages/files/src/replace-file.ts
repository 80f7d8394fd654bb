import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from './file-error';
import { makeFolder } from './make-folder';

/** A name beside `path` that nobody else uses; what is written there gets the right name when it is whole. */
const partOf = (path: string): string => `${path}.${process.pid}.${randomUUID().slice(0, 8)}.part`;

/**
 * Makes a file whole or not at all: `write` fills a part beside it, which is flushed to the disk and then takes the
 * name. Whoever reads `path` meets the old content or the new one. Folders on the way are made.
 *
 * @param write gets the path of the part and leaves a closed file there
 * @param options.flush false does not wait for the disk: for what can be made again, and whose reader sees damage
 * @throws {InputError} when the file system refuses; the part is removed and the old content stays
 */
export async function replaceFile(
  path: string,
  write: (part: string) => Promise<void>,
  options: { readonly flush?: boolean } = {},
): Promise<void> {
  const { flush = true } = options;
  const part = partOf(path);
  try {
    makeFolder(dirname(path));
    await write(part);
    if (flush) await flushFile(part);
    await rename(part, path);
    if (flush) await flushFile(dirname(path)).catch(() => undefined); // not every system flushes folders; the rename is whole all the same
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw fileError(error, path);
  }
}

/** Writes a file whole or not at all. See `replaceFile`. */
export function writeFileWhole(path: string, content: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  return replaceFile(path, (part) => writeFile(part, content));
}

/** Writes a file whole or not at all, without waiting. See `replaceFile`. */
export function writeFileWholeSync(path: string, content: string | Uint8Array): void {
  const part = partOf(path);
  try {
    makeFolder(dirname(path));
    writeFileSync(part, content, { flush: true });
    renameSync(part, path);
    flushFolderSync(dirname(path));
  } catch (error) {
    removeQuietly(part);
    throw fileError(error, path);
  }
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename survive a power cut, where the system allows it. */
function flushFolderSync(dir: string): void {
  try {
    const folder = openSync(dir, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Not every system can flush a folder; the rename itself is whole all the same.
  }
}

/** Removes a file where that is possible. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The error that led here says more.
  }
}
