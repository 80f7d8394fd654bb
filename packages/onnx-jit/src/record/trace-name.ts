import * as tf from '@tensorflow/tfjs-core';

/** Name under which the recording backend is registered with tfjs. */
export const TRACE_BACKEND = 'onnx-jit-trace';

/** Whether a function is being recorded right now: ops then emit one ONNX node instead of many tfjs kernels. */
export const isTracing = (): boolean => tf.getBackend() === TRACE_BACKEND;

/** Runs one of this package's own kernels, which only the recording backend knows. */
export function runTraceKernel(kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  const result: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(kernelName, inputs, { ...attrs });
  return Array.isArray(result) ? result : [result];
}
