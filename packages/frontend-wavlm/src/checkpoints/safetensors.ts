import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { shownName } from '../shown';
import type { Checkpoint } from './checkpoint';
import { toFloat32 } from './dtype';
import { openFile, readBytes, type OpenFile } from '../plain-file';
import { notSafetensors, parseHeader, type Header } from './safetensors-header';

/** A tensor as it is read: any stored type comes out as float32. */
export interface LoadedTensor {
  dtype: string;
  shape: number[];
  data: Float32Array;
}

/**
 * Opens a safetensors file: reads the header only; every tensor is read from its place when it is asked for.
 *
 * @throws {InputError} naming the file when it is no whole safetensors file
 */
export async function openSafetensors(path: string): Promise<Checkpoint> {
  const file = await openFile(path);
  try {
    const { header, dataStart } = await readHeader(file);
    return {
      path,
      tensors: header.entries,
      metadata: header.metadata,
      read: async (name) => {
        const entry = header.entries.get(name);
        if (!entry) throw new InputError(`${path}: holds no tensor ${shownName(name)}`);
        return toFloat32(await readBytes(file, dataStart + entry.start, entry.end - entry.start), entry.dtype);
      },
      close: () => file.handle.close(),
    };
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

async function readHeader(file: OpenFile): Promise<{ header: Header; dataStart: number }> {
  const { path, size } = file;
  if (size < 8) throw notSafetensors(path, `${size} bytes long`);
  const headerSize = Number((await readBytes(file, 0, 8)).readBigUInt64LE());
  if (8 + headerSize > size) throw notSafetensors(path, 'its header is longer than the file');
  if (headerSize > LIMITS.headerBytes) {
    throw notSafetensors(path, `its header has ${headerSize} bytes, expected at most ${LIMITS.headerBytes}`);
  }
  const dataStart = 8 + headerSize;
  return { header: parseHeader(await readBytes(file, 8, headerSize), size - dataStart, path), dataStart };
}

/** Reads a whole safetensors file. Whole numbers above 2²⁴ lose their last digits. @throws {InputError} */
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

/** The free-form strings in a file's header. @throws {InputError} */
export async function readSafetensorsMetadata(path: string): Promise<Record<string, string>> {
  const checkpoint = await openSafetensors(path);
  await checkpoint.close();
  return { ...checkpoint.metadata };
}
