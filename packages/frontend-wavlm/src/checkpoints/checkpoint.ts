import type { Dtype } from './dtype';

export interface TensorInfo {
  dtype: Dtype;
  shape: readonly number[];
}

/** An open file (or several) of named tensors, each read when it is asked for. */
export interface Checkpoint {
  /** The file, for messages. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free-form strings of the file's header. */
  readonly metadata: Record<string, string>;
  /** Values as float32, row-major. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}
