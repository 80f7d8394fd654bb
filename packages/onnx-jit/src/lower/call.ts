import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import { tensorType, type DType, type Graph, type Value } from '../graph/graph';

export type Provider = 'cpu' | 'webgpu' | 'cuda';

/** One call of a tfjs kernel while a function is recorded. */
export interface Call {
  readonly kernel: string;
  readonly graph: Graph;
  /** Lowerings differ where a provider lacks an operator. */
  readonly provider: Provider;
  /** Named inputs; kernels that take a list have theirs under '0', '1', … */
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Emits the ONNX nodes of one tfjs kernel. */
export type Lowering = (call: Call) => Value | Value[];
export type Lowerings = Readonly<Record<string, Lowering>>;

export function input(call: Call, name: string): Value {
  const value = call.inputs[name];
  if (!value) throw new CompileError(`${call.kernel}: input "${name}" is missing`);
  return value;
}

/** What tfjs's own checks of shapes ask for. */
export const infoOf = ({ shape, dtype }: Value): tf.TensorInfo => ({
  dataId: {},
  shape: [...shape],
  dtype: tensorType(dtype),
});

export const optionalInput = (call: Call, name: string): Value | undefined => call.inputs[name];

/** The inputs of a kernel that takes a list. */
export const inputList = (call: Call): Value[] => Object.values(call.inputs);

const bad = (call: Call, name: string, expected: string): never => {
  throw new CompileError(
    `${call.kernel}: attribute "${name}" should be ${expected}, got ${JSON.stringify(call.attrs[name])}`,
  );
};

export function numberAttr(call: Call, name: string, fallback?: number): number {
  const value = call.attrs[name] ?? fallback;
  return typeof value === 'number' ? value : bad(call, name, 'a number');
}

export function booleanAttr(call: Call, name: string): boolean {
  return Boolean(call.attrs[name]);
}

export function stringAttr(call: Call, name: string, fallback?: string): string {
  const value = call.attrs[name] ?? fallback;
  return typeof value === 'string' ? value : bad(call, name, 'a string');
}

export function numbersAttr(call: Call, name: string): number[] {
  const value = call.attrs[name];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as Float32Array);
  return Array.isArray(value) && value.every((v) => typeof v === 'number')
    ? value
    : bad(call, name, 'a list of numbers');
}

export function dtypeAttr(call: Call, name = 'dtype', fallback: tf.DataType = 'float32'): DType {
  return asDType(call.kernel, call.attrs[name] ?? fallback);
}

export function asDType(kernel: string, dtype: unknown): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new CompileError(
    `${kernel}: tensors of type ${String(dtype)} cannot be compiled (float32, int32 and bool can)`,
  );
}

/**
 * Axes as tfjs takes them (one, several, none for all, negative from the end), sorted and non-negative.
 *
 * @throws Error in tfjs's words for an axis that x does not have
 */
export function axesAttr(call: Call, x: Value, name = 'axis'): number[] {
  // Only Max calls them otherwise.
  const axis = call.attrs[name] ?? call.attrs['reductionIndices'];
  const given =
    axis === undefined || axis === null
      ? x.shape.map((_, i) => i)
      : typeof axis === 'number'
        ? [axis]
        : numbersAttr(call, call.attrs[name] === undefined ? 'reductionIndices' : name);
  return tf.util.parseAxisParam(given, [...x.shape]).sort((a, b) => a - b);
}

export const broadcast = (a: Value, b: Value): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
