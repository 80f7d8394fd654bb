import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { shownName } from '../shown';
import { checkTensorName, sizeOf, type Checkpoint, type TensorInfo } from './checkpoint';
import { byteSize, toFloat32 } from './dtype';
import { isPickledTensor, type PickledTensor } from './pickle-values';
import { unpickle } from './unpickle';
import { openZip, type Zip } from './zip';

/**
 * Opens a file written by `torch.save` since version 1.6: a zip of one pickle and a file for each storage. The pickle may
 * build tensors, dictionaries and lists and nothing else; one that names anything else is refused, with the name.
 *
 * @throws {InputError} naming the file
 */
export async function openTorchZip(path: string): Promise<Checkpoint> {
  const zip = await openZip(path);
  try {
    const root = rootOf(zip);
    await refuseBigEndian(zip, root);
    const pickle = await zip.read(`${root}data.pkl`, 0, zip.sizes.get(`${root}data.pkl`) ?? 0);
    const tensors = namedTensors(unpickle(pickle, path), path);
    const storageOf = ({ storage }: PickledTensor): string => `${root}data/${storage}`;
    checkStorages(zip, tensors, storageOf);
    return {
      path,
      tensors: new Map([...tensors].map(([name, { dtype, shape }]): [string, TensorInfo] => [name, { dtype, shape }])),
      metadata: {},
      read: async (name) => {
        const tensor = tensors.get(name);
        if (!tensor) throw new InputError(`${path}: holds no tensor ${shownName(name)}`);
        const size = byteSize(tensor.dtype);
        const bytes = await zip.read(storageOf(tensor), tensor.offset * size, endOf(tensor) * size);
        return rowMajor(toFloat32(bytes, tensor.dtype), tensor);
      },
      close: () => zip.close(),
    };
  } catch (error) {
    await zip.close();
    throw error;
  }
}

/** The folder in the zip that holds the pickle; its name is that of the file when it was saved. */
function rootOf({ path, sizes }: Zip): string {
  const pickle = [...sizes.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (pickle === undefined) throw new InputError(`${path}: no torch checkpoint (holds no data.pkl)`);
  const size = sizes.get(pickle) ?? 0;
  if (size > LIMITS.pickleBytes) {
    throw new InputError(`${path}: data.pkl has ${size} bytes, a list of tensors at most ${LIMITS.pickleBytes}`);
  }
  return pickle.slice(0, -'data.pkl'.length);
}

async function refuseBigEndian(zip: Zip, root: string): Promise<void> {
  const size = zip.sizes.get(`${root}byteorder`);
  if (size === undefined || size > 64) return;
  const order = (await zip.read(`${root}byteorder`, 0, size)).toString('latin1').trim();
  if (order !== 'little') throw new InputError(`${zip.path}: big-endian checkpoints are not supported`);
}

/** A state dictionary, or one under the key `state_dict` or `model` as trainers save it. */
function namedTensors(value: unknown, path: string): Map<string, PickledTensor> {
  const inner: unknown = value instanceof Map ? (value.get('state_dict') ?? value.get('model') ?? value) : value;
  if (!(inner instanceof Map)) throw new InputError(`${path}: holds no dictionary of tensors`);
  const tensors = new Map<string, PickledTensor>();
  for (const [name, item] of inner) {
    if (typeof name !== 'string' || !isPickledTensor(item)) continue;
    checkTensorName(name, path);
    tensors.set(name, item);
  }
  if (tensors.size === 0) throw new InputError(`${path}: holds no tensors`);
  return tensors;
}

/** Two names for one tensor are usual (tied weights); more would let a small file fill any memory. */
const MOST_NAMES = 2;

/** Every tensor lies in a storage of the file, and is no larger than it. */
function checkStorages(
  zip: Zip,
  tensors: ReadonlyMap<string, PickledTensor>,
  storageOf: (tensor: PickledTensor) => string,
): void {
  const storages = new Map<string, number>();
  let total = 0;
  for (const [name, tensor] of tensors) {
    const storage = storageOf(tensor);
    const size = zip.sizes.get(storage);
    if (size === undefined)
      throw new InputError(`${zip.path}: holds no storage ${shownName(tensor.storage)} for ${name}`);
    const bytes = byteSize(tensor.dtype);
    // Strides of 0 repeat values: such a tensor can be larger than its storage without ending after it.
    const needed = Math.max(endOf(tensor), tensor.offset + sizeOf(tensor.shape));
    if (needed * bytes > size) {
      throw new InputError(`${zip.path}: ${name} needs ${needed} values of a storage of ${Math.floor(size / bytes)}`);
    }
    storages.set(storage, size);
    total += zip.isStored(storage) ? (endOf(tensor) - tensor.offset) * bytes : size;
  }
  const stored = [...storages.values()].reduce((a, b) => a + b, 0);
  if (total > MOST_NAMES * stored) throw new InputError(`${zip.path}: many tensors share one storage`);
}

/** Where a tensor ends in its storage, in values. */
function endOf({ shape, strides, offset }: PickledTensor): number {
  if (sizeOf(shape) === 0) return offset;
  return shape.reduce((end, size, axis) => end + (size - 1) * (strides[axis] ?? 0), offset + 1);
}

/** Row-major values of a view. @param storage the part of the storage that begins with the first value */
function rowMajor(storage: Float32Array, { shape, strides }: PickledTensor): Float32Array {
  if (isContiguous(shape, strides)) return storage;
  const values = new Float32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    values[i] = storage[index.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), 0)] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (index[axis] !== 0) break;
    }
  }
  return values;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] ?? 1;
  }
  return true;
}
