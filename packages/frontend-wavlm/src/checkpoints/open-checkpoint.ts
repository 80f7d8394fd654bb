import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint } from './checkpoint';
import { InputError } from '../input-error';
import { openSafetensors } from './safetensors';
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
 * @throws InputError naming the folder and what was looked for
 */
export async function openCheckpoint(folder: string, file?: string): Promise<Checkpoint> {
  const name = file ?? WEIGHT_FILES.find((candidate) => existsSync(join(folder, candidate)));
  if (!name) throw new InputError(`${folder}: no weights; expected ${WEIGHT_FILES.join(' or ')}`);
  return openWeights(join(folder, name));
}

/** Opens one file of weights, by its ending: `.safetensors`, `.bin` or `.index.json`. @throws InputError */
export async function openWeights(path: string): Promise<Checkpoint> {
  if (path.endsWith('.safetensors')) return openSafetensors(path);
  if (path.endsWith('.index.json')) return openShards(path);
  if (path.endsWith('.bin') || path.endsWith('.pt')) return openTorchZip(path);
  throw new InputError(`${path}: expected a file that ends in .safetensors, .bin or .index.json`);
}

/** File names an index of shards speaks of. @throws InputError */
export async function shardNames(path: string): Promise<Map<string, string>> {
  const index: unknown = await readFile(path, 'utf8')
    .then((text): unknown => JSON.parse(text))
    .catch((error: Error) => {
      throw new InputError(`${path}: cannot be read (${error.message})`);
    });
  const map = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null) throw new InputError(`${path}: has no weight_map`);
  return new Map(
    Object.entries(map).map(([tensor, file]) => {
      // A shard lies beside its index: anything else would read outside of the folder.
      if (typeof file !== 'string' || /[/\\]/.test(file) || file.startsWith('.')) {
        throw new InputError(`${path}: ${tensor} is in ${JSON.stringify(file)}, which is no file name`);
      }
      return [tensor, file];
    }),
  );
}

async function openShards(path: string): Promise<Checkpoint> {
  const files = await shardNames(path);
  const shards = new Map<string, Checkpoint>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(files.values())) shards.set(file, await openWeights(join(dirname(path), file)));
    const tensors: Checkpoint['tensors'] = new Map(
      [...files].map(([name, file]) => {
        const info = shards.get(file)?.tensors.get(name);
        if (!info) throw new InputError(`${path}: says that ${name} is in ${file}, which does not hold it`);
        return [name, info];
      }),
    );
    const read = (name: string): Promise<Float32Array> => {
      const shard = shards.get(files.get(name) ?? '');
      if (!shard) throw new InputError(`${path}: holds no tensor ${name}`);
      return shard.read(name);
    };
    return { path, tensors, metadata: {}, read, close };
  } catch (error) {
    await close();
    throw error;
  }
}
