import { createHash } from 'node:crypto';
import { fileError, InputError } from '@ser/files';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { damageIn } from './damage';

/** Numbers by name, and words about them: what a checkpoint or a model file holds. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Metadata that files had before their header had a checksum of its own. */
const withoutHeaderChecksum = ['position', 'ser', 'sha256', 'format'];

/**
 * Writes variables, whole or not at all, with a SHA-256 over names, shapes and values, and one over the metadata.
 * @throws {InputError} when the file system refuses.
 */
export async function writeVariables(
  path: string,
  variables: ReadonlyMap<string, tf.Variable>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = [...variables].map(([key, variable]) => {
    const data = variable.dataSync<'float32'>();
    return [key, { shape: variable.shape, data }] as const;
  });
  const about = { ...metadata, sha256: tensorDigest(tensors) };
  try {
    await writeSafetensors(path, tensors, { ...about, headerSha256: headerDigest(about) });
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * Reads a file of `writeVariables`.
 * @returns what is damaged, in words, when it is not whole
 * @throws {InputError} when it cannot be read at all: that says nothing about what is in it.
 */
export async function readTensorFile(path: string): Promise<TensorFile | { readonly damage: string }> {
  let file: TensorFile;
  try {
    file = { metadata: await readSafetensorsMetadata(path), tensors: await readSafetensors(path) };
  } catch (error) {
    return { damage: damageIn(fileError(error, path)) };
  }
  const { headerSha256, ...about } = file.metadata;
  const headerFits =
    headerSha256 === undefined
      ? Object.keys(about).every((key) => withoutHeaderChecksum.includes(key))
      : headerSha256 === headerDigest(about);
  if (headerFits && about['sha256'] === tensorDigest([...file.tensors])) return file;
  return { damage: 'its checksum does not match' };
}

/**
 * Gives variables the values of a file, all or none.
 * @throws {InputError} when a name is missing or a shape differs.
 */
export function assignVariables(
  variables: ReadonlyMap<string, tf.Variable>,
  { tensors }: TensorFile,
  path: string,
): void {
  for (const [key, variable] of variables) {
    const stored = tensors.get(key);
    if (!stored) throw new InputError(`${path}: it has no tensor "${key}"`);
    if (String(stored.shape) !== String(variable.shape)) {
      throw new InputError(`${path}: "${key}" is [${stored.shape}], expected [${variable.shape}]`);
    }
  }
  for (const [key, variable] of variables) {
    const stored = tensors.get(key);
    if (stored) tf.tidy(() => variable.assign(tf.tensor(stored.data, variable.shape)));
  }
}

function tensorDigest(tensors: readonly (readonly [string, StoredTensor])[]): string {
  const hash = createHash('sha256');
  for (const [key, { shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${key} ${shape.join('x')}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function headerDigest(metadata: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
