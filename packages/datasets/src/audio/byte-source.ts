import { type FileHandle, open, stat } from 'node:fs/promises';
import { InputError } from '@ser/files';
import { refuseEndless } from './file-kind';

/** Bytes that can be read at any place: a file, or a buffer. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Up to `length` bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** The bytes of a buffer. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: buffer.length, read: (offset, length) => Promise.resolve(buffer.subarray(offset, offset + length)) };
}

/** Headers lie here, so that looking at one costs a single read. */
const headLength = 4096;

/**
 * Opens a file for the time of one call.
 *
 * @throws {InputError} when it is empty or no file; what the file system refuses comes as it is.
 */
export async function withFile<T>(file: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  // To open a pipe is to wait for somebody who writes to it.
  const stats = await stat(file);
  refuseEndless(stats);
  if (!stats.isFile()) throw new InputError('not a file, expected audio');
  if (stats.size === 0) throw new InputError('empty file, expected audio');
  const handle = await open(file, 'r');
  try {
    const head = await readFrom(handle, 0, Math.min(headLength, stats.size));
    return await use({
      size: stats.size,
      read: async (offset, length) =>
        offset + length <= head.length
          ? head.subarray(offset, offset + length)
          : readFrom(handle, offset, Math.max(0, Math.min(length, stats.size - offset))),
    });
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
