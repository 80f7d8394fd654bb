import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { InputError, messageOf, writeFileWhole } from '@ser/files';
import { cudaLibraries, findProvider, pythonSites, type CudaProvider } from './find-provider';
import { withLibraries } from './reenter';

/** Where onnxruntime-node keeps its native libraries, and its version. */
export interface RuntimeFolder {
  readonly folder: string;
  readonly version: string;
}

export function runtimeFolder(): RuntimeFolder {
  const require = createRequire(import.meta.url);
  const root = join(require.resolve('onnxruntime-node'), '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { folder: join(root, 'bin', 'napi-v6', process.platform, process.arch), version };
}

const provider = 'libonnxruntime_providers_cuda.so';
/** Beside the provider: where CUDA's own libraries were when it was linked. */
const notes = 'cuda-libraries.json';

/** Whether the provider lies beside onnxruntime-node's library, linked or from its install script. */
export const hasProvider = ({ folder }: RuntimeFolder): boolean => existsSync(join(folder, provider));

/**
 * Puts the provider beside onnxruntime-node's library, where it looks for it: a link, or a copy where links are refused.
 *
 * @throws {InputError} when the folder cannot be written
 */
async function linkProvider({ files, libraryPath }: CudaProvider, { folder }: RuntimeFolder): Promise<void> {
  try {
    for (const file of files) {
      const target = join(folder, basename(file));
      if (isThere(target)) rmSync(target);
      try {
        symlinkSync(file, target);
      } catch {
        copyFileSync(file, target);
      }
    }
    await writeFileWhole(join(folder, notes), `${JSON.stringify({ libraryPath }, null, 2)}\n`);
  } catch (error) {
    throw new InputError(`the CUDA provider cannot be put into ${folder}: ${messageOf(error)}`);
  }
}

/** Also a link that leads nowhere. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Folders that have to be on the library path before Node starts. */
export function libraryPath({ folder }: RuntimeFolder): string[] {
  const path = join(folder, notes);
  if (!existsSync(path)) return [];
  const { libraryPath: folders } = JSON.parse(readFileSync(path, 'utf8')) as { libraryPath?: unknown };
  return Array.isArray(folders) ? folders.map(String) : [];
}

/**
 * Links the provider where it is not there yet and can be found: in `from`, in `SER_ORT_CUDA`, or in the active Python.
 *
 * @throws {InputError} when what was named is not there or does not fit
 */
export async function bringProvider(runtime: RuntimeFolder, from = process.env['SER_ORT_CUDA']): Promise<void> {
  if (from === undefined && hasProvider(runtime)) return;
  const sites = await pythonSites();
  const found = from === undefined ? firstProvider(sites, runtime.version) : findProvider(from, runtime.version);
  if (!found) return;
  // The libraries may be those of another Python than the provider: PyTorch's, mostly.
  const libraryPath = found.libraryPath.length > 0 ? found.libraryPath : sites.flatMap(cudaLibraries);
  await linkProvider({ ...found, libraryPath }, runtime);
}

function firstProvider(sites: readonly string[], version: string): CudaProvider | undefined {
  for (const site of sites) {
    try {
      return findProvider(site, version);
    } catch {
      // not in this one
    }
  }
  return undefined;
}

/** Libraries that the provider asks for and the loader does not find, by their names; none where it cannot be asked. */
export async function missingLibraries(runtime: RuntimeFolder): Promise<string[]> {
  const env = withLibraries([runtime.folder, ...libraryPath(runtime)]) ?? process.env;
  try {
    const { stdout } = await promisify(execFile)('ldd', [join(runtime.folder, provider)], { env });
    return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].flatMap(([, name]) => name ?? []);
  } catch {
    return [];
  }
}
