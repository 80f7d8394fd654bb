import * as tf from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

export type Numbers = Float32Array | Int32Array | Uint8Array;

/** A tensor as tfjs's own arithmetic has it. */
export interface Held {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly expected: Numbers;
  /** The kernel that made it. */
  readonly from?: string;
}

const cpu = new MathBackendCPU();

/** Runs a kernel of tfjs's CPU backend; what it refuses comes back as its error. */
export function runReference(
  kernel: string,
  inputs: Readonly<Record<string, Held>>,
  attrs: object | undefined,
): Held[] | Error {
  const found = tf.getKernel(kernel, 'cpu');
  if (!found) return [];
  const infos = Object.entries(inputs).map(([name, { expected, shape, dtype }]): [string, tf.TensorInfo] => [
    name,
    { dataId: cpu.write(expected.slice(), [...shape], dtype), shape: [...shape], dtype },
  ]);
  // Kernels of a list get it as one.
  const list = infos.every(([name], i) => name === String(i)) && infos.length > 0;
  const given = list ? Object.assign([], Object.fromEntries(infos)) : Object.fromEntries(infos);
  try {
    const result = found.kernelFunc({ inputs: given, attrs: { ...attrs }, backend: cpu });
    return (Array.isArray(result) ? result : [result]).map(({ dataId, shape, dtype }) => ({
      shape,
      dtype,
      expected: cpu.readSync(dataId) as Numbers,
      from: kernel,
    }));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
