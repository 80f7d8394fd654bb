import yauzl from 'yauzl';
import type { Checkpoint, TensorInfo } from './checkpoint';
import { byteSize, toFloat32 } from './dtype';
import { InputError } from '../input-error';
import { unpickle, type PickledTensor } from './unpickle';

const MAX_PICKLE = 64 * 2 ** 20;

/**
 * Opens a file written by `torch.save` since version 1.6: a zip of one pickle and a file a storage. The pickle may
 * build tensors, dictionaries and lists and nothing else; one that names anything else is refused, with the name.
 *
 * @throws InputError naming the file
 */
export async function openTorchZip(path: string): Promise<Checkpoint> {
  const zip = await openZip(path);
  try {
    const entries = await listEntries(zip, path);
    const pickle = [...entries.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
    const entry = pickle === undefined ? undefined : entries.get(pickle);
    if (pickle === undefined || !entry) throw new InputError(`${path}: no torch checkpoint (holds no data.pkl)`);
    if (entry.uncompressedSize > MAX_PICKLE)
      throw new InputError(`${path}: data.pkl is larger than a list of tensors can be`);
    const root = pickle.slice(0, -'data.pkl'.length);
    const order = entries.get(`${root}byteorder`);
    if (
      order &&
      order.uncompressedSize < 64 &&
      (await readEntry(zip, order, path)).toString('utf8').trim() !== 'little'
    ) {
      throw new InputError(`${path}: big-endian checkpoints are not supported`);
    }
    const tensors = namedTensors(unpickle(await readEntry(zip, entry, path), path), path);
    return {
      path,
      tensors: new Map([...tensors].map(([name, { dtype, shape }]): [string, TensorInfo] => [name, { dtype, shape }])),
      metadata: {},
      read: async (name) => {
        const tensor = tensors.get(name);
        if (!tensor) throw new InputError(`${path}: holds no tensor ${name}`);
        const storage = entries.get(`${root}data/${tensor.storage}`);
        if (!storage) throw new InputError(`${path}: holds no storage ${tensor.storage} for ${name}`);
        return strided(await readEntry(zip, storage, path), name, tensor, path);
      },
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

/** A state dictionary, or one under the key `state_dict` or `model` as trainers save it. */
function namedTensors(value: unknown, path: string): Map<string, PickledTensor> {
  const inner: unknown = value instanceof Map ? (value.get('state_dict') ?? value.get('model') ?? value) : value;
  if (!(inner instanceof Map)) throw new InputError(`${path}: holds no dictionary of tensors`);
  const tensors = new Map<string, PickledTensor>();
  for (const [key, item] of inner) {
    if (typeof key === 'string' && isTensor(item)) tensors.set(key, item);
  }
  if (tensors.size === 0) throw new InputError(`${path}: holds no tensors`);
  return tensors;
}

const isTensor = (value: unknown): value is PickledTensor =>
  typeof value === 'object' && value !== null && 'storage' in value;

/** Row-major values of a view of a storage. */
function strided(bytes: Buffer, name: string, tensor: PickledTensor, path: string): Float32Array {
  const { dtype, shape, strides, offset } = tensor;
  const count = shape.reduce((a, b) => a * b, 1);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  if (count > 0 && (last + 1) * byteSize(dtype) > bytes.length) {
    throw new InputError(`${path}: ${name} needs ${last + 1} values of a storage of ${bytes.length / byteSize(dtype)}`);
  }
  if (isContiguous(shape, strides)) {
    return toFloat32(bytes.subarray(offset * byteSize(dtype), (offset + count) * byteSize(dtype)), dtype);
  }
  const storage = toFloat32(bytes, dtype);
  const values = new Float32Array(count);
  const index = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    values[i] = storage[index.reduce((sum, at, axis) => sum + at * (strides[axis] ?? 0), offset)] ?? 0;
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

function openZip(path: string): Promise<yauzl.ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (zip) resolve(zip);
      else
        reject(
          new InputError(
            `${path}: no torch zip checkpoint (${error?.message ?? 'unknown error'}); files of torch before 1.6 must be saved again`,
          ),
        );
    });
  });
}

function listEntries(zip: yauzl.ZipFile, path: string): Promise<Map<string, yauzl.Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, yauzl.Entry>();
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error: Error) => reject(new InputError(`${path}: damaged zip (${error.message})`)));
    zip.readEntry();
  });
}

function readEntry(zip: yauzl.ZipFile, entry: yauzl.Entry, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error | null): void =>
      reject(new InputError(`${path}: damaged zip at ${entry.fileName} (${error?.message ?? 'unreadable'})`));
    zip.openReadStream(entry, (error, stream) => {
      if (error) return fail(error);
      const buffer = Buffer.from(new ArrayBuffer(entry.uncompressedSize));
      let done = 0;
      stream.on('data', (chunk: Buffer) => {
        done += chunk.copy(buffer, done);
      });
      stream.on('error', fail);
      stream.on('end', () => (done === buffer.length ? resolve(buffer) : fail(new Error('ends early'))));
    });
  });
}
