import * as tf from '@tensorflow/tfjs-core';
import * as ort from '#onnxruntime';
import { sizeOf, tensorType, type Value } from '../graph/graph';

/** What tensors of the types that are compiled are made of. */
export type Numbers = Float32Array | Int32Array | Uint8Array;

/** A tfjs tensor as ONNX Runtime takes it: the same memory where the tfjs backend keeps it in typed arrays. */
export function wrapTensor(tensor: tf.Tensor): ort.Tensor {
  const data = tensor.dataSync();
  return wrapData(data, tensor.dtype, tensor.shape);
}

export function wrapData(data: tf.backend_util.TypedArray, dtype: tf.DataType, shape: readonly number[]): ort.Tensor {
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', data instanceof Float32Array ? data : Float32Array.from(data), shape);
    case 'int32':
      return new ort.Tensor('int32', data instanceof Int32Array ? data : Int32Array.from(data), shape);
    case 'bool':
      return new ort.Tensor('bool', data instanceof Uint8Array ? data : Uint8Array.from(data), shape);
    default:
      throw new Error(`tensors of type ${dtype} cannot be compiled`);
  }
}

export function emptyData(dtype: tf.DataType, size: number): Numbers {
  return dtype === 'float32' ? new Float32Array(size) : dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

/** The memory of one of ONNX Runtime's tensors. */
export function arrayOf({ data, type }: ort.Tensor): Numbers {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) return data;
  throw new Error(`unexpected ${type} tensor`);
}

/** What the graph input `zero` is fed with. */
export const zero = (): ort.Tensor => new ort.Tensor('float32', new Float32Array(1), []);

/** Memory for a value that leaves the graph. */
export function emptyTensor({ shape, dtype }: Value): ort.Tensor {
  const type = tensorType(dtype);
  if (type !== dtype) throw new Error(`unexpected ${dtype} result`);
  return wrapData(emptyData(type, sizeOf(shape)), type, shape);
}

/** A value that left the graph, on the current tfjs backend. */
export function toTensor(result: ort.Tensor, { shape, dtype }: Value): tf.Tensor {
  return tf.tensor(arrayOf(result), [...shape], tensorType(dtype));
}
