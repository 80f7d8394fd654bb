import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageInfos, packInto, root } from '../../release/packages';
import { OptionError } from '../process';
import { bundlePrograms } from './bundle';
import { checkSize } from './check-size';
import { runtimeVersion } from './runtime-version';
import { isUnneeded } from './unneeded';

/**
 * Writes the folder that `run.sh` measures from.
 *
 * @throws {OptionError} when the folder has something else in it, or this machine cannot make it
 */
export async function makePack(folder: string): Promise<void> {
  const target = path.resolve(folder);
  const isOther = existsSync(target) && readdirSync(target).length > 0 && !existsSync(path.join(target, 'pack.json'));
  if (isOther) throw new OptionError(`--pack: ${folder} is neither empty nor an earlier pack`);
  checkNode();
  const workspace = mkdtempSync(path.join(os.tmpdir(), 'ser-gpu-pack-'));
  const [app, made] = [path.join(workspace, 'app'), path.join(workspace, 'made')];
  try {
    mkdirSync(made);
    say('building the packages');
    quietly('npx', ['nx', 'run-many', '-t', 'build'], root);
    say('installing them in an empty folder');
    installPackages(app, path.join(workspace, 'tarballs'));
    await bundlePrograms(import.meta.dirname, path.join(app, 'bench'));
    copyPeers(app);
    copyVulkanLoader(app);
    // The same files make the same name, by which run.sh knows what it has unpacked.
    const pack = { ...describe(), content: contentHash(app) };
    writeFileSync(path.join(app, 'pack.json'), `${JSON.stringify(pack)}\n`);
    copyFileSync(path.join(app, 'pack.json'), path.join(made, 'pack.json'));
    writeFileSync(path.join(made, 'target'), `${uname('-s')} ${uname('-m')}\n`);
    copyFileSync(path.join(import.meta.dirname, 'run.sh'), path.join(made, 'run.sh'));
    chmodSync(path.join(made, 'run.sh'), 0o755);
    say('compressing');
    shell('xz -T0 -c "$1" >"$2/node.xz"', process.execPath, made);
    const tar = 'tar -c --owner=0 --group=0 --numeric-owner --sort=name -C "$1" app';
    shell(`${tar} | xz -T0 -c >"$2/app.tar.xz"`, workspace, made);
    shell('xz -t "$1"/*.xz', made);
    checkSize(made);
    rmSync(target, { recursive: true, force: true });
    cpSync(made, target, { recursive: true });
  } finally {
    rmSync(workspace, { recursive: true });
  }
  say(checkSize(target));
}

const systemLibraries = /^(linux-vdso|ld-linux|lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s|atomic))[.-]/;

/** @throws {OptionError} when this Node would not start on another machine */
function checkNode(): void {
  if (process.platform !== 'linux') throw new OptionError(`--pack: expected Linux, got ${process.platform}`);
  const needed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).trim().split('\n');
  const others = needed
    .map((line) => path.basename(line.trim().split(' ')[0] ?? ''))
    .filter((name) => !systemLibraries.test(name));
  if (others.length > 0)
    throw new OptionError(
      `--pack: this Node needs ${others.join(', ')}, which other machines lack: use one from nodejs.org`,
    );
}

function installPackages(app: string, tarballs: string): void {
  mkdirSync(app);
  writeFileSync(path.join(app, 'package.json'), '{ "private": true, "type": "module" }\n');
  const files = packageInfos().map(({ name }) => packInto(tarballs, name));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  // The version whose CUDA provider the other folder has.
  const runtime = `onnxruntime-node@${runtimeVersion()}`;
  quietly('npm', ['install', ...quiet, '--omit=dev', '--omit=optional', ...files, runtime], app);
  const modules = path.join(app, 'node_modules');
  rmSync(path.join(modules, '.bin'), { recursive: true });
  const platform = `${process.platform}/${process.arch}`;
  for (const file of filesUnder(modules)) {
    if (isUnneeded(file, platform)) rmSync(path.join(modules, file));
  }
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));

function copyPeers(app: string): void {
  mkdirSync(path.join(app, 'peers'));
  for (const name of ['gpu.py', 'flam_step.py', 'wavlm.py'])
    copyFileSync(path.join(root, 'tools/peers', name), path.join(app, 'peers', name));
}

/** Vulkan's loader, which is small and which a machine without a screen often lacks. */
function copyVulkanLoader(app: string): void {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib/chromium'];
  const loader = folders.map((folder) => path.join(folder, 'libvulkan.so.1')).find(existsSync);
  if (loader === undefined) {
    say(
      'without libvulkan.so.1, which is not installed here: WebGPU needs it on the other machine (apt-get install libvulkan1)',
    );
    return;
  }
  mkdirSync(path.join(app, 'lib'));
  copyFileSync(loader, path.join(app, 'lib/libvulkan.so.1'));
}

function describe(): Record<string, string> {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain') === '' ? '' : ' and changes';
  return { commit: `${git('rev-parse', '--short', 'HEAD')}${changed}`, node: process.version };
}

function contentHash(folder: string): string {
  const hash = createHash('sha256');
  for (const file of filesUnder(folder).sort()) hash.update(file).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex').slice(0, 16);
}

const uname = (part: string): string => execFileSync('uname', [part], { encoding: 'utf8' }).trim();

function shell(script: string, ...args: string[]): void {
  quietly('bash', ['-c', `set -euo pipefail; ${script}`, 'bash', ...args], root);
}

/** What npm passes down to its scripts would make an install below belong to this workspace. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$|^NODE_OPTIONS$/.test(name)),
);

function quietly(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, [...args], {
    cwd,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
    maxBuffer: 1 << 26,
  });
}

function say(text: string): void {
  console.log(text);
}
