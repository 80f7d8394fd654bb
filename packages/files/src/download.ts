import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileError } from './file-error';
import { InputError, isInputError, messageOf } from './input-error';
import { makeFolder } from './make-folder';

/** A file on a server, and what it must be. */
export interface Source {
  /** Its address; a function where every connection needs a new one (signed addresses). */
  readonly url: string | (() => Promise<string>);
  /** Its name in messages; the address when absent. */
  readonly name?: string;
  /** Its size: nothing larger is received. */
  readonly bytes: number;
  readonly checksum: {
    readonly algorithm: string;
    /** Hexadecimal. */
    readonly value: string;
    /** Bytes that the checksum counts before the file's own (git's object header). */
    readonly prefix?: string;
  };
  readonly headers?: Readonly<Record<string, string>>;
}

/** How far a download is, in bytes. */
export interface DownloadProgress {
  readonly file: string;
  readonly received: number;
  readonly total: number;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Connections tried without a single new byte before giving up; 5 when absent. */
  readonly attempts?: number;
  /** Longest silence of the server in ms; a minute when absent. */
  readonly stall?: number;
  /** Pause before the next try in ms; a second when absent. It doubles with every try in vain. */
  readonly pause?: number;
}

/**
 * Downloads a file. It goes on where an earlier attempt, or process, was cut off, and gets its name only when its size
 * and checksum are right. Two processes must not download to one `target` at once (see `takeLease`).
 *
 * @throws {InputError} when the server does not answer, refuses, or has another file
 */
export async function download(source: Source, target: string, options: DownloadOptions = {}): Promise<void> {
  const { attempts = 5, pause = 1000 } = options;
  const name = source.name ?? (typeof source.url === 'string' ? source.url : basename(target));
  // Named by its content: a part of an older version is never continued with a newer one.
  const part = `${target}.${source.checksum.value.slice(0, 16)}.part`;
  try {
    makeFolder(dirname(target));
    if ((await sizeOf(target)) === source.bytes && (await checksumOf(target, source)) === source.checksum.value) return;
    for (let left = attempts; ;) {
      const before = await sizeOf(part);
      if (before > source.bytes) await rm(part);
      if (before === source.bytes) break;
      const fault = await receive(source, name, part, options);
      const after = await sizeOf(part);
      if (after === source.bytes) break;
      left = after > before ? attempts : left - 1;
      if (left <= 0) {
        throw new InputError(
          `${name}: ${fault ?? 'the connection ended early'}; ${after} of ${source.bytes} bytes are here, and the same command goes on from there`,
        );
      }
      await sleep(Math.min(30_000, pause * 2 ** (attempts - left)));
    }
    const found = await checksumOf(part, source);
    if (found !== source.checksum.value) {
      await rm(part);
      throw new InputError(
        `${name}: its ${source.checksum.algorithm} is ${found}, expected ${source.checksum.value}: another file, or damaged on the way; it was deleted`,
      );
    }
    await rename(part, target);
  } catch (error) {
    throw fileError(error, target);
  }
}

/** One connection. Returns what went wrong, if it was something that another try may mend. */
async function receive(
  source: Source,
  name: string,
  part: string,
  { onProgress, stall = 60_000 }: DownloadOptions,
): Promise<string | undefined> {
  const have = await sizeOf(part);
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), stall);
  // Raced by hand: an abort that comes between the answer and its first bytes is not always passed on by fetch.
  const stalled = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(new Error(`nothing came for ${stall / 1000} s`)));
  });
  stalled.catch(() => undefined);
  try {
    const url = typeof source.url === 'string' ? source.url : await Promise.race([source.url(), stalled]);
    const headers = {
      'accept-encoding': 'identity', // sizes and ranges are those of the file itself
      ...source.headers,
      ...(have > 0 ? { range: `bytes=${have}-` } : {}),
    };
    const response = await Promise.race([fetch(url, { headers, signal: abort.signal }), stalled]);
    if (response.status === 416) {
      await rm(part, { force: true });
      return 'the server does not go on from what is here';
    }
    if (response.status >= 500 || response.status === 429) return `the server answered ${response.status}`;
    if (!response.ok || !response.body) {
      throw new InputError(`${name}: the server answered ${response.status} ${response.statusText}, expected the file`);
    }
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    let received = resumed ? have : 0;
    const announced = Number(response.headers.get('content-length') ?? NaN);
    if (announced + received !== source.bytes && !Number.isNaN(announced)) {
      throw new InputError(
        `${name}: the server has ${announced + received} bytes, expected ${source.bytes}: another file`,
      );
    }
    // Without ranges the server starts over, and so does the file.
    const file = await open(part, resumed ? 'a' : 'w');
    try {
      const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), stalled]);
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(() => abort.abort(), stall);
        received += value.length;
        if (received > source.bytes) {
          await file.truncate(0);
          throw new InputError(`${name}: longer than the ${source.bytes} bytes expected: another file`);
        }
        await file.writeFile(value);
        onProgress?.({
          file: basename(part, `.${source.checksum.value.slice(0, 16)}.part`),
          received,
          total: source.bytes,
        });
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    // What the disk refuses, another connection cannot mend.
    const refused = fileError(error, part);
    if (isInputError(refused)) throw refused;
    return innermost(error);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** fetch hides what happened one level down. */
function innermost(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return messageOf(error).split('\n', 1)[0] || 'the connection failed';
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

async function checksumOf(file: string, { checksum }: Source): Promise<string> {
  const hash = createHash(checksum.algorithm);
  if (checksum.prefix !== undefined) hash.update(checksum.prefix);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
