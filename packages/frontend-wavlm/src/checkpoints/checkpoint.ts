import { InputError } from '@ser/files';
import { LIMITS } from '../limits';
import { shownName } from '../shown';
import type { Dtype } from './dtype';

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** An open file (or several) of named tensors, each read when it is asked for. */
export interface Checkpoint {
  /** The file, for messages. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free-form strings of the file's header. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Values as float32, row-major. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Numbers in a tensor. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Whether a value from a file is a list of whole numbers ≥ 0 that a shape or strides can be. */
export const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= LIMITS.rank && value.every(isSize);

export const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** @throws {InputError} for a name that no program gives a tensor; messages and terminals are safe from the others */
export function checkTensorName(name: string, path: string): void {
  if (name.length <= LIMITS.nameLength && !/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(name)) return;
  throw new InputError(
    `${path}: a tensor is named ${shownName(name)}; expected at most ${LIMITS.nameLength} printable characters`,
  );
}
