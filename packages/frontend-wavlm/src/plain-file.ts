import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { decodeText, errorCode, fileError, InputError, parseJson } from '@ser/files';

/** A file of a model, open for reading. */
export interface OpenFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly handle: FileHandle;
}

/**
 * Opens a file of a model. What people have in its place when a download went wrong is named.
 *
 * @throws {InputError} when there is none, it is no plain file, or it cannot be read
 */
export async function openFile(path: string): Promise<OpenFile> {
  // Not blocking: opening a pipe would wait until somebody writes to it.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new InputError(`${path}: expected a file, found something else of this name`);
    const file = { path, size: info.size, handle };
    refuseStandIn((await readBytes(file, 0, Math.min(64, info.size))).toString('latin1'), path);
    return file;
  } catch (error) {
    await handle.close();
    throw fileError(error, path);
  }
}

/** @param head the first characters of the file */
function refuseStandIn(head: string, path: string): void {
  if (head.startsWith('version https://git-lfs')) {
    throw new InputError(
      `${path}: a git-lfs pointer in place of the file itself; fetch it with "git lfs pull", or with "ser encoder pull"`,
    );
  }
  if (/^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|head|body)/i.test(head)) {
    throw new InputError(`${path}: a web page (HTML) in place of the file itself; download it again`);
  }
}

/** Bytes of a file, aligned, in memory of their own. @throws {InputError} when it is shorter than it was */
export async function readBytes({ handle, path }: OpenFile, start: number, size: number): Promise<Buffer> {
  // Not from the shared pool: the result is aligned and may be kept as it is.
  const buffer = Buffer.from(new ArrayBuffer(size));
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle
      .read(buffer, done, Math.min(size - done, 2 ** 30), start + done)
      .catch((error: unknown) => {
        throw fileError(error, path);
      });
    if (bytesRead === 0) throw new InputError(`${path}: ends early`);
    done += bytesRead;
  }
  return buffer;
}

/**
 * A JSON file of a model; undefined when there is none.
 *
 * @param limit bytes
 * @throws {InputError} when it is no plain file, larger than the limit, or no JSON
 */
export async function readPlainJson(path: string, limit: number): Promise<unknown> {
  const file = await openFile(path).catch((error: unknown) => {
    if (error instanceof Error && errorCode(error.cause) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    if (file.size > limit) throw new InputError(`${path}: ${file.size} bytes, expected at most ${limit}`);
    return parseJson(decodeText(await readBytes(file, 0, file.size), path), path);
  } finally {
    await file.handle.close();
  }
}
