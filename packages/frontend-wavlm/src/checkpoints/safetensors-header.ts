import { decodeText, InputError, isInputError, parseJson } from '@ser/files';
import { shown, shownName } from '../shown';
import { checkTensorName, isSizes, sizeOf, type TensorInfo } from './checkpoint';
import { byteSize, isDtype } from './dtype';

/** A tensor and its place. */
export interface Entry extends TensorInfo {
  /** Bytes from the start of the data. */
  readonly start: number;
  readonly end: number;
}

export interface Header {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The header of a safetensors file: JSON with type, shape and place of every tensor.
 *
 * @param bytes the JSON
 * @param dataSize bytes that follow it in the file
 * @throws {InputError} for anything that is no such header, and for tensors that overlap or end after the file
 */
export function parseHeader(bytes: Uint8Array, dataSize: number, path: string): Header {
  const header = parseObject(bytes);
  if (!header) throw notSafetensors(path, 'its header is no JSON object');
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) continue;
    checkTensorName(name, path);
    entries.set(name, parseEntry(name, value, dataSize, path));
  }
  refuseOverlap(entries, path);
  return { entries, metadata: parseMetadata(header[METADATA] ?? {}, path) };
}

/** The one key of a header that is no tensor: strings for people. */
const METADATA = '__metadata__';

/** An error for a file that is no whole safetensors file. */
export const notSafetensors = (path: string, what: string): InputError =>
  new InputError(`${path}: no safetensors file (${what})`);

function parseEntry(name: string, value: unknown, dataSize: number, path: string): Entry {
  if (!isObject(value)) throw notSafetensors(path, `${name} is no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    const type = typeof dtype === 'string' ? shownName(dtype) : shown(dtype);
    throw notSafetensors(path, `${name} has the unknown type ${type}`);
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw notSafetensors(path, `${name} has no shape or place`);
  }
  const [start = 0, end = 0] = offsets;
  if (end - start !== sizeOf(shape) * byteSize(dtype)) {
    throw notSafetensors(path, `${name} has ${end - start} bytes for shape [${shape}] of ${dtype}`);
  }
  if (end > dataSize) throw notSafetensors(path, `cut off: ${name} ends after the end of the file`);
  return { dtype, shape, start, end };
}

/** Tensors that share bytes would let a small file fill any memory. */
function refuseOverlap(entries: Header['entries'], path: string): void {
  let end = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start < end) throw notSafetensors(path, `${name} shares bytes with another tensor`);
    end = entry.end;
  }
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  if (!isObject(value)) throw notSafetensors(path, 'its metadata is no object');
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text === 'string') return [key, text];
      throw notSafetensors(path, `its metadata holds ${shown(text)} under ${shown(key)}, expected a string`);
    }),
  );
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = parseJson(decodeText(bytes, ''), '');
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (isInputError(error)) return undefined;
    throw error;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
