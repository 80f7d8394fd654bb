import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Archive } from '../card';
import { InputError } from '../input-error';

/** How far a download is, in bytes. */
export interface DownloadProgress {
  readonly file: string;
  readonly received: number;
  readonly total: number;
}

/** How a download behaves. */
export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Connections tried without a single new byte before giving up. */
  readonly attempts?: number;
  /** Longest silence of the server, in ms. */
  readonly stall?: number;
  /** Pause before trying again, in ms. */
  readonly pause?: number;
}

/**
 * Downloads an archive into a folder, going on where an earlier attempt, or process, was cut off, and checks its size
 * and checksum before it gets its name.
 *
 * @returns The path of the archive.
 * @throws InputError when the server does not answer, refuses, or sends something else.
 */
export async function download(archive: Archive, folder: string, options: DownloadOptions = {}): Promise<string> {
  const { attempts = 5, pause = 1000 } = options;
  const target = path.join(folder, archive.file);
  const part = `${target}.part`;
  await mkdir(folder, { recursive: true });
  if ((await sizeOf(target)) === archive.bytes && (await matches(target, archive))) return target;
  for (let left = attempts; ;) {
    const before = await sizeOf(part);
    if (before > archive.bytes) await rm(part);
    if (before === archive.bytes) break;
    const fault = await receive(archive, part, options);
    const after = await sizeOf(part);
    if (after === archive.bytes) break;
    left = after > before ? attempts : left - 1;
    if (left <= 0)
      throw new InputError(
        `${archive.url}: ${fault ?? 'the connection ended early'}; ${after} of ${archive.bytes} bytes are here, and the same command goes on from there`,
      );
    await sleep(pause);
  }
  if (!(await matches(part, archive))) {
    await rm(part);
    throw new InputError(
      `${archive.url}: its ${archive.checksum.algorithm} is not ${archive.checksum.value}: not the file that the card describes; it was deleted`,
    );
  }
  await rename(part, target);
  return target;
}

/** One connection. Returns what went wrong, if anything that is worth another try did. */
async function receive(
  archive: Archive,
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
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await Promise.race([fetch(archive.url, { headers, signal: abort.signal }), stalled]);
    if (response.status === 416) {
      await rm(part, { force: true });
      return 'the server does not go on from what is here';
    }
    if (response.status >= 500 || response.status === 429) return `the server answered ${response.status}`;
    if (!response.ok || !response.body)
      throw new InputError(`${archive.url}: the server answered ${response.status}, expected the file`);
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    let received = resumed ? have : 0;
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
        if (received > archive.bytes) {
          await file.truncate(0);
          throw new InputError(`${archive.url}: longer than the ${archive.bytes} bytes of the card`);
        }
        await file.write(value);
        onProgress?.({ file: archive.file, received, total: archive.bytes });
      }
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error ? cause.message || cause.name : String(cause);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function matches(file: string, { checksum }: Archive): Promise<boolean> {
  const hash = createHash(checksum.algorithm);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex') === checksum.value;
}
