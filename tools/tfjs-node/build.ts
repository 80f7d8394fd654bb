import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder, errorCode } from '@ser/files';

/**
 * tfjs-node's addon, compiled against the TensorFlow of a Python wheel. The library that tfjs-node's own install script
 * fetches is TensorFlow 2.9 (CUDA 11), from a server that many machines cannot reach.
 */
const kinds = {
  cpu: { name: '@tensorflow/tfjs-node', wheel: 'tensorflow-cpu' },
  gpu: { name: '@tensorflow/tfjs-node-gpu', wheel: 'tensorflow' }, // CUDA 12
} as const;
export type Kind = keyof typeof kinds;

const tfjsVersion = '4.22.0';
export const tensorflowVersion = '2.21.0';
const gypVersion = '11.5.0';
const napiVersion = '8';

/** The machine or its network lacks what the build needs; the message is one line. */
export class CannotBuild extends Error {
  override name = 'CannotBuild';
}

/** Where `buildCached` puts it: a folder with `node_modules`. */
export const cachedFolder = (kind: Kind = 'cpu'): string =>
  join(cacheFolder(), `tfjs-node-${kind}-${tfjsVersion}-tensorflow-${tensorflowVersion}`);

/**
 * Builds it in the user's cache folder unless it is there.
 * @param seconds the longest that one download or the compilation may take
 * @returns the folder whose `node_modules` has it
 * @throws {CannotBuild} with the reason in one line
 */
export function buildCached(kind: Kind, seconds: number): string {
  const folder = cachedFolder(kind);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  try {
    build(kind, draft, seconds);
    renameSync(draft, folder);
  } catch (error) {
    // Another process may have been faster: its folder is as good.
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Installs tfjs-node into the `node_modules` of a folder and compiles its addon there. Takes 1.2 GB of disk.
 * @throws {CannotBuild} with the reason in one line
 */
export function build(kind: Kind, folder: string, seconds: number): void {
  requireMachine();
  const { name, wheel } = kinds[kind];
  const tools = join(resolve(folder), '.tfjs-node-build');
  try {
    writePackage(tools);
    if (!existsSync(join(folder, 'package.json'))) writePackage(folder);
    // The wheel first: it is what is missing most often.
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--retries=1', '--timeout=15', ...wheelTags];
    need('python3', [...download, `--dest=${tools}`, `${wheel}==${tensorflowVersion}`], tools, seconds);
    install(folder, `${name}@${tfjsVersion}`, seconds);
    install(tools, `node-gyp@${gypVersion}`, seconds);
    const root = join(resolve(folder), 'node_modules', name);
    unpack(tools, join(root, 'deps'), seconds);
    compile(join(tools, 'node_modules/node-gyp/bin/node-gyp.js'), root, seconds);
  } finally {
    rmSync(tools, { recursive: true, force: true });
  }
}

/** TensorFlow's libraries do not depend on Python: the wheel is the same file whichever Python asks for it. */
const wheelTags = [
  '--only-binary=:all:',
  '--implementation=cp',
  '--python-version=3.11',
  '--abi=cp311',
  '--platform=manylinux_2_27_x86_64',
];

function requireMachine(): void {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64')
    throw new CannotBuild(`built on Linux x64 only, this is ${platform} ${arch}`);
  for (const command of ['python3', 'make', 'g++', 'npm']) {
    if (spawnSync(command, ['--version']).error) throw new CannotBuild(`${command} is not installed`);
  }
}

function writePackage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
}

function install(folder: string, what: string, seconds: number): void {
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-workspaces', '--fetch-retries=1'];
  need('npm', ['install', `--prefix=${resolve(folder)}`, ...quiet, what], folder, seconds);
}

/** Two libraries and the headers, of a wheel with 12,000 files. */
const unpacking = `
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])
wheel.extractall(sys.argv[2], [name for name in wheel.namelist()
    if name.startswith(('tensorflow/include/', 'tensorflow/libtensorflow_'))])
`;

function unpack(from: string, deps: string, seconds: number): void {
  need('python3', ['-c', unpacking, from, deps], from, seconds);
  renameSync(join(deps, 'tensorflow/include'), join(deps, 'include'));
  renameSync(join(deps, 'tensorflow'), join(deps, 'lib'));
  // What the linker looks for; the addon asks for the names with ".2".
  symlinkSync('libtensorflow_cc.so.2', join(deps, 'lib/libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', join(deps, 'lib/libtensorflow_framework.so'));
}

function compile(gyp: string, root: string, seconds: number): void {
  const node = dirname(dirname(process.execPath));
  // Without Node's headers beside it, node-gyp fetches them.
  const headers = existsSync(join(node, 'include/node/node_api.h')) ? [`--nodedir=${node}`] : [];
  const module = ['--module_name=tfjs_binding', `--module_path=${join(root, 'lib', `napi-v${napiVersion}`)}`];
  const args = [gyp, 'rebuild', ...headers, ...module, `--napi_build_version=${napiVersion}`];
  const { status, output } = call(process.execPath, args, root, seconds);
  // Not a CannotBuild: with everything at hand, code that does not compile is a defect.
  if (status !== 0) throw new Error(`tfjs-node does not compile:\n${output.slice(-2000)}`);
  for (const used of ['build', 'deps/include']) rmSync(join(root, used), { recursive: true });
}

function need(command: string, args: readonly string[], cwd: string, seconds: number): void {
  const { status, output } = call(command, args, cwd, seconds);
  if (status === 0) return;
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.filter((line) => /err/i.test(line)).at(-1) ?? lines.at(-1) ?? `took more than ${seconds} s`;
  throw new CannotBuild(`${command} ${args.at(-1)}: ${reason.trim()}`);
}

function call(command: string, args: readonly string[], cwd: string, seconds: number) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 1000 * seconds });
  return { status, output: `${stdout}${stderr}` };
}
