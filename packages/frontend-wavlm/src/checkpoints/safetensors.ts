import { createWriteStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Checkpoint, TensorInfo } from './checkpoint';
import { byteSize, isDtype, toFloat32 } from './dtype';
import { InputError } from '../input-error';

interface Entry extends TensorInfo {
  /** Bytes from the start of the file. */
  start: number;
}

const MAX_HEADER = 100 * 2 ** 20;

/** A tensor as it is read: any stored type comes out as float32. */
export interface LoadedTensor {
  dtype: string;
  shape: number[];
  data: Float32Array;
}

/** A tensor to write: float32, or whole numbers as int32. */
export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

/**
 * Opens a safetensors file: reads the header only; every tensor is read from its place when it is asked for.
 *
 * @throws InputError naming the file when it is no whole safetensors file
 */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const file = await open(path).catch((error: Error) => {
    throw new InputError(`${path}: cannot be read (${error.message})`);
  });
  try {
    const { entries, metadata } = await readHeader(file, path);
    return {
      path,
      tensors: entries,
      metadata,
      read: async (name) => {
        const entry = entries.get(name);
        if (!entry) throw new InputError(`${path}: holds no tensor ${name}`);
        return toFloat32(
          await readBytes(file, path, entry.start, byteSize(entry.dtype) * count(entry.shape)),
          entry.dtype,
        );
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a whole safetensors file. Whole numbers above 2²⁴ lose their last digits. @throws InputError */
export async function readSafetensors(path: string): Promise<Map<string, LoadedTensor>> {
  const checkpoint = await openSafetensors(path);
  try {
    const tensors = new Map<string, LoadedTensor>();
    for (const [name, { dtype, shape }] of checkpoint.tensors) {
      tensors.set(name, { dtype, shape: [...shape], data: await checkpoint.read(name) });
    }
    return tensors;
  } finally {
    await checkpoint.close();
  }
}

/** The free-form strings in a file's header. @throws InputError */
export async function readSafetensorsMetadata(path: string): Promise<Record<string, string>> {
  const checkpoint = await openSafetensors(path);
  await checkpoint.close();
  return checkpoint.metadata;
}

/** The bytes of a safetensors file, one piece at a time. @throws InputError when a shape does not fit its data */
export function* encodeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (count(shape) !== data.length)
      throw new InputError(`${name}: shape [${shape}] does not fit ${data.length} values`);
    const end = offset + data.byteLength;
    header[name] = { dtype: data instanceof Int32Array ? 'I32' : 'F32', shape, data_offsets: [offset, end] };
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const size = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + size).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(size), true);
  head.set(json, 8);
  yield head;
  yield* pieces;
}

/**
 * Writes a safetensors file. It appears under its name only when it is whole and on disk.
 *
 * @throws InputError when a shape does not fit its data
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const part = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    await pipeline(
      Readable.from(encodeSafetensors(tensors, metadata), { objectMode: true }),
      createWriteStream(part, { flush: true }),
    );
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ entries: Map<string, Entry>; metadata: Record<string, string> }> {
  const { size } = await file.stat();
  const bad = (what: string): never => {
    throw new InputError(`${path}: no safetensors file (${what})`);
  };
  if (size < 8) bad(`${size} bytes long`);
  const headerSize = Number((await readBytes(file, path, 0, 8)).readBigUInt64LE());
  if (headerSize > MAX_HEADER || 8 + headerSize > size) bad('its header is longer than the file');
  const header =
    parseObject((await readBytes(file, path, 8, headerSize)).toString('utf8')) ?? bad('its header is no JSON object');
  const entries = new Map<string, Entry>();
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (!isObject(value)) return bad(`${name} is no object`);
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(value)) metadata[key] = String(text);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = value;
    if (!isDtype(dtype)) return bad(`${name} has the unknown type ${String(dtype)}`);
    if (!isSizes(shape) || !isSizes(offsets)) return bad(`${name} has no shape or place`);
    const [start = 0, end = 0] = offsets;
    if (end - start !== count(shape) * byteSize(dtype))
      bad(`${name} has ${end - start} bytes for shape [${shape}] of ${dtype}`);
    if (8 + headerSize + end > size) bad(`cut off: ${name} ends after the end of the file`);
    entries.set(name, { dtype, shape, start: 8 + headerSize + start });
  }
  return { entries, metadata };
}

async function readBytes(file: FileHandle, path: string, start: number, size: number): Promise<Buffer> {
  // Not from the shared pool: the result is aligned and may be kept as it is.
  const buffer = Buffer.from(new ArrayBuffer(size));
  let done = 0;
  while (done < size) {
    const { bytesRead } = await file.read(buffer, done, Math.min(size - done, 2 ** 30), start + done);
    if (bytesRead === 0) throw new InputError(`${path}: ends early`);
    done += bytesRead;
  }
  return buffer;
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
