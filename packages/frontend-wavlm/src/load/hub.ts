import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileDownloadInfo, listFiles, type ListFileEntry } from '@huggingface/hub';
import { lock } from 'proper-lockfile';
import { InputError } from '../input-error';
import { shardNames, WEIGHT_FILES } from '../checkpoints/open-checkpoint';

export interface DownloadProgress {
  /** File being downloaded. */
  file: string;
  /** Bytes of it that are there, and that it has. */
  received: number;
  total: number;
}

export interface PullOptions {
  /** Branch, tag or commit; `main` when absent. */
  revision?: string;
  /** Folder for downloads; SER_CACHE or ~/.cache/ser when absent. */
  cacheDir?: string;
  /** Never ask the network: use what was downloaded, or fail. HF_HUB_OFFLINE=1 means the same. */
  offline?: boolean;
  /** Another server with the hub's interface; HF_ENDPOINT or the hub itself when absent. */
  hubUrl?: string;
  /** For repositories that ask for a login. */
  accessToken?: string;
  /** How often a broken connection is taken up again before giving up; 5 when absent. */
  retries?: number;
  onProgress?: (progress: DownloadProgress) => void;
}

const CONFIGS = ['config.json', 'preprocessor_config.json'];
const MANIFEST = '.complete.json';

/** Whether a name looks like one of the hub: `owner/model`. */
export const isHubId = (name: string): boolean =>
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(name) && !name.includes('..');

/** Where downloads and computed features are kept. */
export const defaultCacheDir = (): string => process.env['SER_CACHE'] ?? join(homedir(), '.cache', 'ser');

/**
 * Downloads a model from the Hugging Face hub: its two configuration files and its weights (safetensors before torch's
 * format). A broken download is taken up where it stopped, by this call and by the next one; every file is held to the
 * hub's checksum before it gets its name; several processes may ask for the same model.
 *
 * @returns the folder, for `loadEncoder`
 * @throws InputError for an unknown model, a wrong checksum, a connection that stays broken, or a model that was not
 * downloaded yet in offline mode
 */
export async function pullEncoder(id: string, options: PullOptions = {}): Promise<string> {
  if (!isHubId(id)) throw new InputError(`${id}: expected a hub id such as microsoft/wavlm-large`);
  const { revision = 'main', cacheDir = defaultCacheDir() } = options;
  const folder = join(cacheDir, 'models', `${id.replace('/', '--')}@${revision.replaceAll(/[^\w.-]/g, '_')}`);
  if (await isComplete(folder)) return folder;
  if (options.offline ?? process.env['HF_HUB_OFFLINE'] === '1') {
    throw new InputError(`${id}: not downloaded yet and offline; looked in ${folder}`);
  }
  await mkdir(folder, { recursive: true });
  const release = await lock(folder, { stale: 30_000, retries: { forever: true, minTimeout: 100, maxTimeout: 2000 } });
  try {
    if (!(await isComplete(folder))) await download(id, revision, folder, options);
  } finally {
    await release();
  }
  return folder;
}

async function download(id: string, revision: string, folder: string, options: PullOptions): Promise<void> {
  const source = { id, revision, folder, options };
  const listed = new Map<string, ListFileEntry>();
  try {
    for await (const entry of listFiles({ repo: id, revision, ...connection(options) })) listed.set(entry.path, entry);
  } catch (error) {
    throw new InputError(`${id}: cannot be listed on the hub (${reason(error)})`);
  }
  const weights = WEIGHT_FILES.find((name) => listed.has(name));
  if (!listed.has('config.json') || !weights) {
    throw new InputError(
      `${id}: expected config.json and ${WEIGHT_FILES.join(' or ')} on the hub, found ${[...listed.keys()].join(', ') || 'nothing'}`,
    );
  }
  const files = [...CONFIGS.filter((name) => listed.has(name)), weights];
  for (const name of files) await fetchFile(source, name, listed.get(name));
  if (weights.endsWith('.index.json')) {
    for (const shard of new Set((await shardNames(join(folder, weights))).values())) {
      await fetchFile(source, shard, listed.get(shard));
      files.push(shard);
    }
  }
  const sizes = Object.fromEntries(files.map((name) => [name, listed.get(name)?.size]));
  await writeFile(join(folder, `${MANIFEST}.part`), JSON.stringify({ id, revision, files: sizes }));
  await rename(join(folder, `${MANIFEST}.part`), join(folder, MANIFEST));
}

interface Source {
  id: string;
  revision: string;
  folder: string;
  options: PullOptions;
}

async function fetchFile(
  { id, revision, folder, options }: Source,
  name: string,
  entry: ListFileEntry | undefined,
): Promise<void> {
  const target = join(folder, name);
  if (!entry) throw new InputError(`${id}: ${name} is not on the hub`);
  if ((await sizeOf(target)) === entry.size) return;
  // Named by its content: a part of an older version is never continued with a newer one.
  const part = join(folder, `${name}.${(entry.lfs?.oid ?? entry.oid ?? 'unknown').slice(0, 16)}.part`);
  const { retries = 5, onProgress } = options;
  for (let attempt = 0; ; attempt++) {
    const before = await sizeOf(part);
    try {
      if (before < entry.size) {
        const info = await fileDownloadInfo({ repo: id, path: name, revision, ...connection(options) });
        if (!info) throw new InputError(`${id}: ${name} is not on the hub`);
        const { body, start } = await openRange(info.url, before, options.accessToken);
        let received = start;
        const count = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            received += chunk.length;
            onProgress?.({ file: name, received, total: entry.size });
            done(null, chunk);
          },
        });
        await pipeline(
          Readable.fromWeb(body),
          count,
          createWriteStream(part, { flags: start === 0 ? 'w' : 'a', flush: true }),
        );
      }
      const size = await sizeOf(part);
      if (size < entry.size) throw new Error(`the connection ended after ${size} of ${entry.size} bytes`);
      break;
    } catch (error) {
      if (error instanceof InputError) throw error;
      // A try that brought something does not count against the number of tries.
      if ((await sizeOf(part)) > before) attempt = -1;
      if (attempt >= retries - 1) {
        throw new InputError(
          `${id}: ${name} could not be downloaded (${reason(error)}); the same call takes it up again`,
        );
      }
      await delay(Math.min(10_000, 200 * 2 ** (attempt + 1)));
    }
  }
  const fault = await checksumFault(part, entry);
  if (fault) {
    await rm(part, { force: true });
    throw new InputError(`${id}: ${name} has a wrong checksum: ${fault}; the download was discarded`);
  }
  await rename(part, target);
}

/** The bytes of a file from `start` on, or from 0 where the server does not know ranges. */
async function openRange(
  url: string,
  start: number,
  accessToken?: string,
): Promise<{ body: ReadableStream<Uint8Array>; start: number }> {
  const response = await fetch(url, {
    headers: {
      range: `bytes=${start}-`,
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
  });
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status} ${response.statusText}`);
  return { body: response.body as ReadableStream<Uint8Array>, start: response.status === 206 ? start : 0 };
}

/** Large files are listed with their SHA-256; small ones with the id git gives them, a SHA-1 of a header and the bytes. */
async function checksumFault(path: string, entry: ListFileEntry): Promise<string | undefined> {
  const expected = entry.lfs?.oid ?? entry.oid;
  if (expected === undefined) return 'the hub gives none';
  const digest = async (hash: Hash): Promise<string> => {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  };
  const size = await sizeOf(path);
  const found = entry.lfs
    ? await digest(createHash('sha256'))
    : await digest(createHash('sha1').update(`blob ${size}\0`));
  return found === expected ? undefined : `expected ${expected}, found ${found}`;
}

async function isComplete(folder: string): Promise<boolean> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null || !('files' in manifest)) return false;
    const { files } = manifest;
    if (typeof files !== 'object' || files === null) return false;
    for (const [name, size] of Object.entries(files)) if ((await sizeOf(join(folder, name))) !== size) return false;
    return true;
  } catch {
    return false;
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

function connection({ hubUrl = process.env['HF_ENDPOINT'], accessToken }: PullOptions): {
  hubUrl?: string;
  accessToken?: string;
} {
  return { ...(hubUrl === undefined ? {} : { hubUrl }), ...(accessToken === undefined ? {} : { accessToken }) };
}

/** The innermost cause: fetch hides what happened one level down. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reason(error.cause) : (error.message.split('\n', 1)[0] ?? error.name);
}
