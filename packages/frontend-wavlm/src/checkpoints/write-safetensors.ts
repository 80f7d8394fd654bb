import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError, replaceFile } from '@ser/files';
import { sizeOf } from './checkpoint';

/** A tensor to write: float32, or whole numbers as int32. */
export interface StoredTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

/** The bytes of a safetensors file, one piece at a time. @throws {InputError} when a shape does not fit its data */
export function* encodeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<Uint8Array> {
  const header: [string, unknown][] = Object.keys(metadata).length ? [['__metadata__', metadata]] : [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    if (sizeOf(shape) !== data.length) {
      throw new InputError(`${name}: shape [${shape}] does not fit ${data.length} values`);
    }
    const end = offset + data.byteLength;
    const dtype = data instanceof Int32Array ? 'I32' : 'F32';
    header.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const size = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + size).fill(0x20, 8);
  new DataView(head.buffer).setBigUint64(0, BigInt(size), true);
  head.set(json, 8);
  yield head;
  yield* pieces;
}

/**
 * Writes a safetensors file whole or not at all.
 *
 * @param options.flush see `replaceFile`
 * @throws {InputError} when a shape does not fit its data, or the file system refuses
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
  options: { readonly flush?: boolean } = {},
): Promise<void> {
  const pieces = encodeSafetensors(tensors, metadata);
  return replaceFile(
    path,
    (part) => pipeline(Readable.from(pieces, { objectMode: true }), createWriteStream(part)),
    options,
  );
}
