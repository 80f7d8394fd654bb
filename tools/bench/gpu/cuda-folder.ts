import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OptionError } from '../process';
import { checkSize } from './check-size';
import { dropOtherKernels } from './fat-binaries';
import { runtimeVersion } from './runtime-version';
import { providerFiles, type ProviderInfo } from './place-provider';

/**
 * Writes the second folder: the CUDA provider of the Python wheel onnxruntime-gpu of onnxruntime-node's version, with the
 * kernels of one chip.
 *
 * @param chip compute capability such as 9.0
 * @param wheel a file, or empty: it is fetched with `pip` of `python`
 */
export function makeCudaFolder(
  folder: string,
  { chip, wheel, python }: { chip: string; wheel: string; python: string },
): void {
  const match = /^(\d+)\.(\d)$/.exec(chip);
  if (!match)
    throw new OptionError(`--chip: expected a compute capability such as 9.0 (H100, H200) or 8.9, got "${chip}"`);
  if (wheel !== '' && !existsSync(wheel)) throw new OptionError(`--wheel: no such file: ${wheel}`);
  const target = path.resolve(folder);
  const version = runtimeVersion();
  mkdirSync(target, { recursive: true });
  const workspace = mkdtempSync(path.join(os.tmpdir(), 'ser-gpu-cuda-'));
  try {
    const file = wheel === '' ? fetchWheel(python, version, workspace) : path.resolve(wheel);
    const [, found] = /^onnxruntime_gpu-([^-]+)-/.exec(path.basename(file)) ?? [];
    if (found !== version)
      throw new OptionError(
        `--wheel: expected onnxruntime_gpu ${version}, as onnxruntime-node is, got ${path.basename(file)}`,
      );
    const members = providerFiles.map((name) => `onnxruntime/capi/${name}`);
    execFileSync(python, ['-c', extractMembers, file, workspace, ...members], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (const name of providerFiles) {
      const library = path.join(workspace, 'onnxruntime/capi', name);
      if (name === 'libonnxruntime_providers_cuda.so') {
        const bytes = readFileSync(library);
        const { kept, dropped } = dropOtherKernels(bytes, Number(match[1]) * 10 + Number(match[2]));
        console.log(
          `kernels: ${(kept / 1e6).toFixed(1)} MB for ${chip} kept, ${(dropped / 1e6).toFixed(1)} MB of other chips left out`,
        );
        writeFileSync(library, bytes);
      }
      const compress = 'set -e; xz -T0 -c "$1" >"$2"';
      execFileSync('bash', ['-c', compress, 'bash', library, path.join(target, `${name}.xz`)]);
    }
  } finally {
    rmSync(workspace, { recursive: true });
  }
  const info: ProviderInfo = { onnxruntime: version, chip };
  writeFileSync(path.join(target, 'cuda.json'), `${JSON.stringify(info)}\n`);
  console.log(checkSize(target));
}

const extractMembers =
  'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); [z.extract(name, sys.argv[2]) for name in sys.argv[3:]]';

/** For any Python: only the libraries in it are used. */
function fetchWheel(python: string, version: string, folder: string): string {
  const platforms = ['manylinux_2_28_x86_64', 'manylinux_2_27_x86_64'].flatMap((name) => ['--platform', name]);
  const kind = ['--no-deps', '--only-binary=:all:', '--python-version', '3.12', ...platforms];
  execFileSync(python, ['-m', 'pip', 'download', '-q', ...kind, '-d', folder, `onnxruntime-gpu==${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip left no wheel');
  return path.join(folder, file);
}
