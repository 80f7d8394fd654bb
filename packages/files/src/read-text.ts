import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { fileError } from './file-error';
import { errorCode, InputError } from './input-error';

/** No text file that a person writes is larger; a larger one is no text file of ours. */
const mostBytes = 512 * 2 ** 20;

/**
 * Bytes as UTF-8 text, strictly, without a byte order mark.
 * @param where the file, for the message
 * @throws {InputError} for any other encoding, with the line of the first byte that is not UTF-8
 */
export function decodeText(bytes: Uint8Array, where: string): string {
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) || hasAlternateZeros(bytes)) {
    throw new InputError(`${where}: UTF-16 text, expected UTF-8: save it as UTF-8`);
  }
  if (!isUtf8(bytes)) {
    throw new InputError(
      `${where}: line ${firstBadLine(bytes)} is not UTF-8 (Windows-1252 or Latin-1?): save it as UTF-8`,
    );
  }
  return new TextDecoder('utf-8').decode(bytes); // drops a byte order mark
}

/**
 * Reads a text file. See `decodeText`.
 * @throws {InputError} when there is none, it cannot be read, or it is not UTF-8
 */
export async function readText(path: string, limit = mostBytes): Promise<string> {
  return decodeText(await readBytes(path, limit), path);
}

/** Reads a text file, or undefined when there is none. */
export async function readTextIfThere(path: string, limit = mostBytes): Promise<string | undefined> {
  const bytes = await readBytes(path, limit, true);
  return bytes && decodeText(bytes, path);
}

async function readBytes(path: string, limit: number): Promise<Uint8Array>;
async function readBytes(path: string, limit: number, optional: true): Promise<Uint8Array | undefined>;
async function readBytes(path: string, limit: number, optional = false): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      // A device such as /dev/zero has no end, and states no size.
      if (stats.isCharacterDevice() || stats.isBlockDevice())
        throw new InputError(`${path}: a device, expected a text file`);
      const { size } = stats;
      if (size > limit) throw new InputError(`${path}: ${size} bytes, expected a text file of at most ${limit}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (optional && errorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, path);
  }
}

const startsWith = (bytes: Uint8Array, ...head: number[]): boolean => head.every((byte, i) => bytes[i] === byte);

/** ASCII in UTF-16 without a byte order mark: every other byte is zero. */
function hasAlternateZeros(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 64);
  if (head.length < 4) return false;
  const zeros = (from: number): number => head.filter((byte, i) => i % 2 === from && byte === 0).length;
  return Math.max(zeros(0), zeros(1)) > head.length / 4;
}

function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
  return line;
}
