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

/** On the CPU backend, with a rank, which some kernels ask tensors for. */
function infoOf({ expected, shape, dtype }: Held): tf.TensorInfo {
  const rank = { rank: shape.length };
  if (dtype !== 'complex64') return Object.assign(cpu.makeTensorInfo([...shape], dtype, expected.slice()), rank);
  const { real, imag } = tf.backend_util.splitRealAndImagArrays(Float32Array.from(expected));
  const parts = {
    real: cpu.makeTensorInfo([...shape], 'float32', real),
    imag: cpu.makeTensorInfo([...shape], 'float32', imag),
  };
  const [info] = [tf.getKernel('Complex', 'cpu').kernelFunc({ inputs: parts, attrs: {}, backend: cpu })].flat();
  if (!info) throw new Error('no complex tensor was made');
  return Object.assign(info, rank);
}

/** Runs a kernel of tfjs's CPU backend; what it refuses comes back as its error. */
export function runReference(
  kernel: string,
  inputs: Readonly<Record<string, Held>>,
  attrs: object | undefined,
): Held[] | Error {
  const found = tf.getKernel(kernel, 'cpu');
  if (!found) return [];
  const infos = Object.entries(inputs).map(([name, held]): [string, tf.TensorInfo] => [name, infoOf(held)]);
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
