import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { libraryFolders } from '../../test-support/library-folders';

const driverFolders = [
  '/usr/share/vulkan/icd.d',
  '/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/local/nvidia/share/vulkan/icd.d',
];

/** SwiftShader, which computes on the CPU, comes with Debian's chromium. */
const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

export type Variables = Readonly<Record<string, string>>;

/** Environment variables under which an engine finds its libraries, or why it cannot. */
export type Found = { readonly env: Variables } | { readonly missing: string };

/**
 * Vulkan's loader and a driver for it: the one named in VK_DRIVER_FILES, or NVIDIA's; for tiny shapes any.
 *
 * @param lib folder of the pack that may have a loader
 * @param work a folder for a driver's description, where the system has the driver and not that
 */
export function findVulkan({ lib, work, tiny }: { lib: string; work: string; tiny: boolean }): Found {
  const own = existsSync(path.join(lib, 'libvulkan.so.1')) ? lib : undefined;
  const installed = hasLibrary('libvulkan.so.1');
  if (!installed && own === undefined)
    return { missing: 'no libvulkan.so.1 here or in the pack: apt-get install libvulkan1' };
  const library: Variables = installed || own === undefined ? {} : { LD_LIBRARY_PATH: own };
  const driver = findDriver(work, tiny);
  if (driver === undefined)
    return { missing: "no description of NVIDIA's Vulkan driver (nvidia_icd.json): set VK_DRIVER_FILES to its path" };
  return { env: { ...library, VK_DRIVER_FILES: driver } };
}

function findDriver(work: string, tiny: boolean): string | undefined {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (named !== undefined && named !== '') return named;
  const described = driverFolders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^nvidia.*\.json$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  if (described[0] !== undefined) return described[0];
  // Containers often have the driver's library alone.
  if (hasLibrary('libGLX_nvidia.so.0')) return describeDriver(path.join(work, 'nvidia_icd.json'));
  return tiny && existsSync(softwareDriver) ? softwareDriver : undefined;
}

function describeDriver(file: string): string {
  const description = {
    file_format_version: '1.0.1',
    ICD: { library_path: 'libGLX_nvidia.so.0', api_version: '1.3.0' },
  };
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(description)}\n`);
  return file;
}

function hasLibrary(name: string): boolean {
  const named = (process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== '');
  if ([...named, ...libraryFolders].some((folder) => existsSync(path.join(folder, name)))) return true;
  return output('ldconfig', ['-p']).includes(name) || output('/sbin/ldconfig', ['-p']).includes(name);
}

/** Folders with CUDA's libraries: those that came with PyTorch, and CUDA's own. */
export function cudaFolders(python: string): string[] {
  const program =
    'import json, site, sysconfig; print(json.dumps([sysconfig.get_paths()["platlib"], sysconfig.get_paths()["purelib"], *site.getsitepackages(), site.getusersitepackages()]))';
  const sites = readSites(output(python, ['-c', program]));
  const wheels = [...new Set(sites)].flatMap((site) => [
    ...librariesUnder(path.join(site, 'nvidia')),
    path.join(site, 'torch/lib'),
  ]);
  return [...wheels, '/usr/local/cuda/lib64', '/usr/local/nvidia/lib64'].filter(existsSync);
}

function readSites(text: string): string[] {
  try {
    const sites: unknown = JSON.parse(text);
    return Array.isArray(sites) ? sites.map(String) : [];
  } catch {
    return []; // no such Python
  }
}

function librariesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => path.join(folder, name, 'lib'));
}

/** Libraries that a library asks for and the loader does not find. */
export function missingLibraries(file: string, env: NodeJS.ProcessEnv): string[] {
  return [...output('ldd', [file], env).matchAll(/^\s*(\S+) => not found/gm)].flatMap(([, name]) => name ?? []);
}

/** Variables for a child: paths are put before what is there. */
export function withVariables(variables: Variables, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const before = env['LD_LIBRARY_PATH'];
  const own = variables['LD_LIBRARY_PATH'];
  const joined = [own, before].filter((part) => part !== undefined && part !== '').join(':');
  return { ...env, ...variables, ...(joined === '' ? {} : { LD_LIBRARY_PATH: joined }) };
}

export interface Card {
  readonly card: string;
  readonly driver: string;
  readonly memoryMiB: number;
  /** Compute capability, such as 9.0. */
  readonly chip: string;
}

/** The first NVIDIA card, by its driver. */
export function findCard(): Card | undefined {
  const query = ['--query-gpu=name,driver_version,memory.total,compute_cap', '--format=csv,noheader,nounits'];
  const [card, driver, memory, chip] = (output('nvidia-smi', query).split('\n')[0] ?? '')
    .split(',')
    .map((part) => part.trim());
  return card && driver && chip ? { card, driver, memoryMiB: Number(memory), chip } : undefined;
}

export function describeSystem(): Record<string, unknown> {
  const cpus = os.cpus();
  return {
    cpu: `${cpus.length} × ${cpus[0]?.model ?? 'unknown processor'}`,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${systemName()}, ${os.release()}`,
    node: process.version,
  };
}

function systemName(): string {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? os.type();
}

/** What a command prints; nothing where it is missing or fails. */
function output(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): string {
  try {
    const options = { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' } as const;
    return execFileSync(command, [...args], env ? { ...options, env } : options);
  } catch {
    return '';
  }
}
