import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '@ser/files';
import type { Checkpoint } from './checkpoint';
import { openSafetensors } from './safetensors';
import { openShards } from './shards';
import { openTorchZip } from './torch-zip';

/** File names of weights, in the order in which they are looked for. */
export const WEIGHT_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
] as const;

/**
 * Opens the weights of a model folder: safetensors or torch's zip format, in one file or in shards.
 *
 * @param file one of `WEIGHT_FILES`; the first that is there when absent
 * @throws {InputError} naming the folder and what was looked for
 */
export async function openCheckpoint(folder: string, file?: string): Promise<Checkpoint> {
  const name = file ?? WEIGHT_FILES.find((candidate) => existsSync(join(folder, candidate)));
  if (!name) throw new InputError(`${folder}: no weights; expected ${WEIGHT_FILES.join(' or ')}`);
  return openWeights(join(folder, name));
}

/** Opens weights by the ending of their file: `.safetensors`, `.bin`, `.pt` or `.index.json`. @throws {InputError} */
export function openWeights(path: string): Promise<Checkpoint> {
  return path.endsWith('.index.json') ? openShards(path, openWeightFile) : openWeightFile(path);
}

async function openWeightFile(path: string): Promise<Checkpoint> {
  if (path.endsWith('.safetensors')) return openSafetensors(path);
  if (path.endsWith('.bin') || path.endsWith('.pt')) return openTorchZip(path);
  throw new InputError(`${path}: expected a file that ends in .safetensors, .bin or .index.json`);
}
