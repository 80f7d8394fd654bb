import { join } from 'node:path';
import { listFiles, type ListFileEntry } from '@huggingface/hub';
import {
  cacheFolder,
  download,
  InputError,
  isInputError,
  messageOf,
  takeLease,
  type DownloadProgress,
  type Source,
} from '@ser/files';
import { withCacheErrors } from '../cache/cache-error';
import { WEIGHT_FILES } from '../checkpoints/open-checkpoint';
import { readShardIndex } from '../checkpoints/shards';
import { LIMITS } from '../limits';
import { shownName } from '../shown';
import { isUntouched, readPulled, writePulled, type PulledFiles } from './pulled-files';

export interface PullOptions {
  /** Branch, tag or commit; `main` when absent. */
  revision?: string;
  /** Folder for downloads; see `cacheFolder` of @ser/files when absent. */
  cacheDir?: string;
  /** Never ask the network: use what was downloaded, or fail. HF_HUB_OFFLINE=1 means the same. */
  offline?: boolean;
  /** Another server with the hub's interface; HF_ENDPOINT or the hub itself when absent. */
  hubUrl?: string;
  /** For repositories that ask for a login. */
  accessToken?: string;
  /** Connections tried without a single new byte before giving up; 5 when absent. */
  attempts?: number;
  onProgress?: (progress: DownloadProgress) => void;
}

const CONFIGS = ['config.json', 'preprocessor_config.json'];
const HUB = 'https://huggingface.co';

/** Longest wait for the hub's list of files, in ms. */
const LIST_TIME = 60_000;

/** Whether a name looks like one of the hub: `owner/model`. */
export const isHubId = (name: string): boolean =>
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(name) && !name.includes('..');

/**
 * Downloads a model from the Hugging Face hub: its two configuration files and its weights (safetensors before torch's
 * format). A broken download goes on where it stopped, in this call or the next one; every file is compared with the
 * hub's size and checksum before it gets its name; several processes may ask for the same model.
 *
 * @returns the folder, for `loadEncoder`
 * @throws {InputError} for an unknown model, a wrong checksum, a connection that stays broken, or a model that was not
 * downloaded yet in offline mode
 */
export function pullEncoder(id: string, options: PullOptions = {}): Promise<string> {
  if (!isHubId(id)) return Promise.reject(new InputError(`${id}: expected a hub id such as microsoft/wavlm-large`));
  const { revision = 'main', cacheDir = cacheFolder() } = options;
  const folder = join(cacheDir, 'models', `${id.replace('/', '--')}@${revision.replaceAll(/[^\w.-]/g, '_')}`);
  return withCacheErrors(async () => {
    if (await isUntouched(folder)) return folder;
    const lease = await takeLease(join(folder, '.lock'), { purpose: `downloads ${id}`, wait: true });
    try {
      // Another process may have done it meanwhile, or the files only have another date.
      if (!(await isWhole(folder))) await fetchModel({ id, revision, folder, options });
    } finally {
      lease.release();
    }
    return folder;
  });
}

interface Pull {
  readonly id: string;
  readonly revision: string;
  readonly folder: string;
  readonly options: PullOptions;
}

/** Whether all that was downloaded is there and has its checksum. */
async function isWhole(folder: string): Promise<boolean> {
  const pulled = await readPulled(folder);
  if (!pulled) return false;
  const isDamaged = (): Promise<string> => Promise.reject(new InputError('damaged'));
  try {
    for (const [name, file] of pulled) await download({ ...file, url: isDamaged }, join(folder, name));
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
  await writePulled(folder, pulled);
  return true;
}

async function fetchModel(pull: Pull): Promise<void> {
  const { id, folder, options } = pull;
  if (options.offline ?? process.env['HF_HUB_OFFLINE'] === '1') {
    const state = (await readPulled(folder)) ? 'damaged since it was downloaded' : 'not downloaded yet';
    throw new InputError(`${id}: ${state} and offline; looked in ${folder}`);
  }
  const listed = await listModel(pull);
  const weights = WEIGHT_FILES.find((name) => listed.has(name));
  if (!listed.has('config.json') || !weights) {
    const found = [...listed.keys()].slice(0, 20).map(shownName).join(', ') || 'nothing';
    throw new InputError(`${id}: expected config.json and ${WEIGHT_FILES.join(' or ')} on the hub, found ${found}`);
  }
  const pulled: PulledFiles = new Map();
  const fetchFile = async (name: string): Promise<void> => {
    const source = sourceOf(pull, name, listed.get(name));
    const { onProgress, attempts } = options;
    await download(source, join(folder, name), {
      ...(onProgress ? { onProgress } : {}),
      ...(attempts === undefined ? {} : { attempts }),
    });
    pulled.set(name, source);
  };
  for (const name of CONFIGS.filter((name) => listed.has(name))) await fetchFile(name);
  await fetchFile(weights);
  if (weights.endsWith('.index.json')) {
    for (const shard of new Set((await readShardIndex(join(folder, weights))).values())) await fetchFile(shard);
  }
  await writePulled(folder, pulled);
}

async function listModel({ id, revision, options }: Pull): Promise<Map<string, ListFileEntry>> {
  const { accessToken } = options;
  const listed = new Map<string, ListFileEntry>();
  try {
    const login = accessToken === undefined ? {} : { accessToken };
    for await (const entry of listFiles({
      repo: id,
      revision,
      hubUrl: hubOf(options),
      fetch: fetchBriefly,
      ...login,
    })) {
      if (listed.size >= LIMITS.hubFiles) throw new InputError(`more than ${LIMITS.hubFiles} files`);
      listed.set(entry.path, entry);
    }
  } catch (error) {
    throw new InputError(`${id}: cannot be listed on the hub (${innermost(error)})`);
  }
  return listed;
}

const hubOf = ({ hubUrl }: PullOptions): string => hubUrl ?? process.env['HF_ENDPOINT'] ?? HUB;

/** What the hub says about a file is what is received: no byte more, and with this checksum. */
function sourceOf({ id, revision, options }: Pull, name: string, entry: ListFileEntry | undefined): Source {
  if (!entry) throw new InputError(`${id}: ${name} is not on the hub`);
  const { size, lfs, oid } = entry;
  const checksum = lfs?.oid ?? oid;
  if (!Number.isSafeInteger(size) || size < 0 || typeof checksum !== 'string') {
    throw new InputError(`${id}: the hub gives no size or checksum of ${name}`);
  }
  return {
    // Addresses on other servers, to which the hub redirects, hold only for a while: each connection asks anew.
    url: `${hubOf(options)}/${id}/resolve/${encodeURIComponent(revision)}/${name}`,
    name: `${id}: ${name}`,
    bytes: size,
    // Large files are listed with their SHA-256; small ones with the id git gives them, a SHA-1 of a header and the bytes.
    checksum: lfs
      ? { algorithm: 'sha256', value: checksum }
      : { algorithm: 'sha1', value: checksum, prefix: `blob ${size}\0` },
    ...(options.accessToken === undefined ? {} : { headers: { authorization: `Bearer ${options.accessToken}` } }),
  };
}

/** `fetch` for answers that are small and come soon. */
const fetchBriefly: typeof fetch = async (input, init) => {
  const { body, status, statusText, headers } = await fetch(input, { ...init, signal: AbortSignal.timeout(LIST_TIME) });
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (body) {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LIMITS.hubAnswerBytes) throw new InputError(`an answer of more than ${LIMITS.hubAnswerBytes} bytes`);
    }
  }
  const plain = new Headers(headers);
  plain.delete('content-encoding'); // it is unpacked by now
  return new Response(Buffer.concat(chunks), { status, statusText, headers: plain });
};

/** `fetch` hides what happened one level down. */
function innermost(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return shownName(messageOf(error).split('\n', 1)[0] ?? '');
}
