import { dirname, join } from 'node:path';
import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { readPlainJson } from '../plain-file';
import { shown, shownName } from '../shown';
import { checkTensorName, type Checkpoint } from './checkpoint';

/** Tensor → file of the shard that holds it, from an index of shards. @throws {InputError} */
export async function readShardIndex(path: string): Promise<Map<string, string>> {
  const index = await readPlainJson(path, LIMITS.headerBytes);
  const map = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null) throw new InputError(`${path}: has no weight_map`);
  const files = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    checkTensorName(tensor, path);
    files.set(tensor, shardName(file, tensor, path));
  }
  const count = new Set(files.values()).size;
  if (count > LIMITS.shards) throw new InputError(`${path}: names ${count} files, expected at most ${LIMITS.shards}`);
  return files;
}

/** A shard lies beside its index: anything else would read outside of the folder, and an index never names an index. */
function shardName(file: unknown, tensor: string, path: string): string {
  if (typeof file === 'string' && /^[\w-][\w.-]*\.(safetensors|bin)$/.test(file) && file.length < 256) return file;
  throw new InputError(`${path}: ${tensor} is in ${shown(file)}, which is no file name of weights`);
}

/**
 * Opens the shards that an index names, as one checkpoint.
 * @throws {InputError}
 */
export async function openShards(path: string, openFile: (path: string) => Promise<Checkpoint>): Promise<Checkpoint> {
  const files = await readShardIndex(path);
  const shards = new Map<string, Checkpoint>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const file of new Set(files.values())) shards.set(file, await openFile(join(dirname(path), file)));
    const tensors: Checkpoint['tensors'] = new Map(
      [...files].map(([name, file]) => {
        const info = shards.get(file)?.tensors.get(name);
        if (!info) throw new InputError(`${path}: says that ${name} is in ${file}, which does not hold it`);
        return [name, info];
      }),
    );
    const read = (name: string): Promise<Float32Array> => {
      const shard = shards.get(files.get(name) ?? '');
      if (!shard) throw new InputError(`${path}: holds no tensor ${shownName(name)}`);
      return shard.read(name);
    };
    return { path, tensors, metadata: {}, read, close };
  } catch (error) {
    await close();
    throw error;
  }
}
