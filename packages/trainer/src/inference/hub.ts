import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createRepo, fileDownloadInfo, listFiles, repoExists, uploadFiles, type ListFileEntry } from '@huggingface/hub';
import { cacheFolder, download, readJsonIfThere, takeLease, type Source } from '@ser/files';
import { readDescription } from '@ser/recognize';
import { InputError, isInputError, messageOf } from '@ser/files';

export interface HubOptions {
  /** Another server with the hub's interface; HF_ENDPOINT or the hub itself when absent. */
  readonly hubUrl?: string;
  /** HF_TOKEN when absent. */
  readonly accessToken?: string;
  /** Folder for downloads; `cacheFolder()` when absent. */
  readonly cache?: string;
}

type Connection = { hubUrl?: string; accessToken?: string };

function connection(options: HubOptions): Connection {
  const { hubUrl = process.env['HF_ENDPOINT'], accessToken = process.env['HF_TOKEN'] } = options;
  return { ...(hubUrl ? { hubUrl } : {}), ...(accessToken ? { accessToken } : {}) };
}

function checkName(id: string): void {
  if (!/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(id) || id.includes('..'))
    throw new InputError(`${id}: expected a name of the hub, OWNER/NAME`);
}

/**
 * Uploads an exported model: the file, its JSON, and its card as the README. The repository is made when it is not there.
 *
 * @param onnxPath a file of `exportModel`
 * @returns the address of the commit
 * @throws {InputError} when a file is missing or changed, or the hub refuses
 */
export async function pushModel(
  id: string,
  onnxPath: string,
  options: HubOptions & { readonly isPrivate?: boolean } = {},
): Promise<string> {
  checkName(id);
  const to = connection(options);
  if (!to.accessToken) throw new InputError('no access token: set HF_TOKEN to one that may write');
  const stem = onnxPath.replace(/\.onnx$/, '');
  const description = readDescription(await readJsonIfThere(`${stem}.json`), `${stem}.json`);
  const size = (await stat(onnxPath).catch(() => undefined))?.size;
  if (size !== description.bytes)
    throw new InputError(
      `${onnxPath}: ${size ?? 'no'} bytes, its JSON says ${description.bytes}; expected the files of one ser export`,
    );
  const sources = [
    [onnxPath, description.file],
    [`${stem}.json`, description.file.replace(/onnx$/, 'json')],
    [`${stem}.md`, 'README.md'],
  ] as const;
  const files = await Promise.all(
    sources.map(async ([file, path]) => ({
      path,
      content: await openAsBlob(file).catch((error: unknown) => {
        throw new InputError(`${file}: ${messageOf(error)}`);
      }),
    })),
  );
  return asked(id, async () => {
    const repo = { type: 'model', name: id } as const;
    if (!(await repoExists({ repo, ...to })))
      await createRepo({ repo, private: options.isPrivate ?? false, ...to, accessToken: to.accessToken ?? '' });
    const pushed = await uploadFiles({ repo, files, commitTitle: `${description.name}, by ser push`, ...to });
    return pushed?.commit.url ?? id; // nothing when the same files are there already
  });
}

/**
 * Downloads a model that `pushModel` has uploaded, once: what is in the cache is not asked for again.
 *
 * @returns the path of its .onnx file, with its .json beside it
 * @throws {InputError} when there is none, or the hub does not answer
 */
export async function pullModel(id: string, options: HubOptions = {}): Promise<string> {
  checkName(id);
  const folder = join(options.cache ?? cacheFolder(), 'exported', id.replace('/', '--'));
  const known = await downloaded(folder);
  if (known !== undefined) return known;
  const lease = await takeLease(`${folder}.lock`, { purpose: `downloads ${id}`, wait: true });
  try {
    return (await downloaded(folder)) ?? (await fetchModel(id, folder, connection(options)));
  } finally {
    lease.release();
  }
}

/** The model in a folder of the cache, when it is all there. */
async function downloaded(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names.filter((name) => name.endsWith('.json'))) {
    const { file, bytes } = readDescription(await readJsonIfThere(join(folder, name)), join(folder, name));
    const there = await stat(join(folder, file)).catch(() => undefined);
    if (there?.size === bytes) return join(folder, file);
  }
  return undefined;
}

async function fetchModel(id: string, folder: string, from: Connection): Promise<string> {
  const repo = { type: 'model', name: id } as const;
  const listed = await asked(id, async () => {
    const entries: ListFileEntry[] = [];
    for await (const entry of listFiles({ repo, ...from })) entries.push(entry);
    return entries;
  });
  const stemOf = (path: string): string => path.replace(/\.onnx$/, '');
  const model = listed.find(
    ({ path }) => path.endsWith('.onnx') && listed.some((other) => other.path === `${stemOf(path)}.json`),
  );
  if (!model) {
    const names = listed.map(({ path }) => path).join(', ');
    throw new InputError(
      `${id}: expected a .onnx file with a .json of its name on the hub, found ${names || 'nothing'}`,
    );
  }
  const fetch = async (path: string): Promise<string> => {
    const entry = listed.find((one) => one.path === path);
    if (!entry) throw new InputError(`${id}: ${path} is not on the hub`);
    const target = join(folder, basename(path));
    const url = async (): Promise<string> => {
      const info = await asked(id, () => fileDownloadInfo({ repo, path, ...from }));
      if (!info) throw new InputError(`${id}: ${path} is not on the hub`);
      return info.url;
    };
    await download({ url, name: `${id}: ${path}`, bytes: entry.size, checksum: checksumOf(entry) }, target);
    return target;
  };
  // The description last: what it describes is there then.
  const target = await fetch(model.path);
  await fetch(`${stemOf(model.path)}.json`);
  return target;
}

/** Large files are listed with their SHA-256, small ones with git's SHA-1 of a header and the bytes. */
const checksumOf = ({ lfs, oid, size }: ListFileEntry): Source['checksum'] =>
  lfs ? { algorithm: 'sha256', value: lfs.oid } : { algorithm: 'sha1', value: oid ?? '', prefix: `blob ${size}\0` };

/** What the hub answers with an error is wrong input: a name, a token, a connection. */
async function asked<T>(id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isInputError(error)) throw error;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
    throw new InputError(`${id}: the hub answers: ${reason.split('\n')[0]}`);
  }
}
