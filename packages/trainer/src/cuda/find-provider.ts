import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InputError } from '@ser/files';

/** ONNX Runtime's CUDA provider as another package brought it, and where the libraries lie that it needs. */
export interface CudaProvider {
  /** The provider's two libraries. */
  readonly files: readonly string[];
  /** Folders of CUDA's own libraries. */
  readonly libraryPath: readonly string[];
}

const libraries = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];

/**
 * Looks for the provider in a folder: the libraries themselves, the `site-packages` of a Python that has onnxruntime-gpu,
 * or a virtual environment of one.
 *
 * @param version of onnxruntime-node; another one would not fit
 * @throws {InputError} in one line, when it is not there or of another version
 */
export function findProvider(folder: string, version: string): CudaProvider {
  if (libraries.every((name) => existsSync(join(folder, name)))) {
    return { files: libraries.map((name) => join(folder, name)), libraryPath: cudaLibraries(folder) };
  }
  for (const site of siteFolders(folder)) {
    const capi = join(site, 'onnxruntime', 'capi');
    if (!libraries.every((name) => existsSync(join(capi, name)))) continue;
    const found = wheelVersion(site);
    if (found !== version)
      throw new InputError(
        `${site} has onnxruntime-gpu ${found ?? 'of an unknown version'}, but onnxruntime-node is ${version}: pip install onnxruntime-gpu==${version}`,
      );
    return { files: libraries.map((name) => join(capi, name)), libraryPath: cudaLibraries(site) };
  }
  throw new InputError(`${folder}: no ${libraries.join(' and ')}: pip install onnxruntime-gpu==${version}`);
}

/** A `site-packages`, or those of the virtual environment that a folder is. */
function siteFolders(folder: string): string[] {
  const lib = join(folder, 'lib');
  const pythons = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('python')) : [];
  return [folder, ...pythons.map((name) => join(lib, name, 'site-packages'))].filter((path) => existsSync(path));
}

function wheelVersion(site: string): string | undefined {
  const pattern = /^onnxruntime_gpu-(.+)\.dist-info$/;
  return readdirSync(site).flatMap((name) => pattern.exec(name)?.[1] ?? [])[0];
}

/** Where NVIDIA's wheels, which PyTorch brings along, have cuBLAS, cuDNN and the others. */
export function cudaLibraries(site: string): string[] {
  const nvidia = join(site, 'nvidia');
  if (!existsSync(nvidia)) return [];
  return readdirSync(nvidia)
    .map((name) => join(nvidia, name, 'lib'))
    .filter((path) => existsSync(path));
}

/** The `site-packages` of the active Python; none without one. */
export async function pythonSites(command = 'python3'): Promise<string[]> {
  const program =
    'import json, site, sysconfig; print(json.dumps([sysconfig.get_paths()["platlib"], *site.getsitepackages(), site.getusersitepackages()]))';
  try {
    const { stdout } = await promisify(execFile)(command, ['-c', program], { timeout: 20_000 });
    const sites: unknown = JSON.parse(stdout);
    return Array.isArray(sites) ? [...new Set(sites.map(String))].filter((path) => existsSync(path)) : [];
  } catch {
    return [];
  }
}
