import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, openSync, closeSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Card } from './surroundings';

/** What the second folder says of itself in `cuda.json`. */
export interface ProviderInfo {
  /** Version of ONNX Runtime. */
  readonly onnxruntime: string;
  /** Compute capability of the cards whose kernels it has; of all when absent. */
  readonly chip?: string;
}

export const providerFiles = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'] as const;

/**
 * Puts ONNX Runtime's CUDA provider beside its library.
 *
 * @param from the second folder; empty when none was given
 * @returns in one line why CUDA cannot be used, if it cannot
 */
export function placeProvider(
  from: string,
  runtime: { readonly folder: string; readonly version: string },
  card: Pick<Card, 'chip'> | undefined,
): string | undefined {
  const placed = (): boolean => providerFiles.every((name) => existsSync(path.join(runtime.folder, name)));
  if (from === '') {
    if (placed()) return undefined;
    return 'no CUDA provider: give its folder with --cuda';
  }
  const info = readInfo(from);
  if (info && info.onnxruntime !== runtime.version)
    return `${from} has the provider of ONNX Runtime ${info.onnxruntime}, and the pack has ${runtime.version}`;
  if (info?.chip !== undefined && card && info.chip !== card.chip)
    return `${from} has kernels for compute capability ${info.chip}, and this card has ${card.chip}`;
  if (!card) return 'nvidia-smi lists no card';
  for (const name of providerFiles) {
    const failure = place(path.join(from, name), path.join(runtime.folder, name));
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function readInfo(folder: string): ProviderInfo | undefined {
  const file = path.join(folder, 'cuda.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProviderInfo) : undefined;
}

/** The library as it is, or unpacked. */
function place(from: string, to: string): string | undefined {
  if (existsSync(from)) {
    copyFileSync(from, to);
    return undefined;
  }
  if (!existsSync(`${from}.xz`)) return `${path.dirname(from)} has no ${path.basename(from)}`;
  return unpack(`${from}.xz`, to);
}

/** With xz, or with Python, which may be all there is. */
function unpack(from: string, to: string): string | undefined {
  const program = 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)';
  for (const [command, ...args] of [
    ['xz', '-dc', from],
    ['python3', '-c', program, from],
  ] as const) {
    const file = openSync(`${to}.part`, 'w');
    const { status } = spawnSync(command, args, { stdio: ['ignore', file, 'ignore'] });
    closeSync(file);
    if (status !== 0) continue;
    renameSync(`${to}.part`, to);
    return undefined;
  }
  return `${from} cannot be unpacked: neither xz nor python3 could`;
}
