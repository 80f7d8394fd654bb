import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { type GoldenArray } from './fixture';

export type Tensors = Record<string, tf.Tensor>;
export const engines = ['eager', 'compiled'] as const;
export type Engine = (typeof engines)[number];

/** Runs a tfjs function eagerly on the tfjs CPU backend, or compiled to ONNX, and reads every output. */
export async function evaluate(
  engine: Engine,
  inputs: Tensors,
  fn: (inputs: Tensors) => Tensors,
): Promise<Map<string, Float32Array>> {
  await tf.setBackend('cpu');
  const values = new Map<string, Float32Array>();
  const collect = async (outputs: Tensors): Promise<void> => {
    for (const [name, tensor] of Object.entries(outputs)) values.set(name, Float32Array.from(await tensor.data()));
    tf.dispose(outputs);
  };
  if (engine === 'eager') {
    await collect(tf.tidy(() => fn(inputs)));
  } else {
    const compiled = jit(fn);
    await collect(await compiled(inputs));
    await compiled.dispose();
  }
  return values;
}

/** The tensor of a reference array. */
export function tensorOf(array: GoldenArray): tf.Tensor {
  return tf.tensor(Float32Array.from(array.data), [...array.shape], 'float32');
}

/** [batch, frames] with 1 on the first `lengths[b]` frames of each row. */
export function maskOf(lengths: readonly number[], frames: number): tf.Tensor2D {
  const rows = lengths.map((length) => Array.from({ length: frames }, (_, t) => (t < length ? 1 : 0)));
  return tf.tensor2d(rows, [lengths.length, frames], 'float32');
}
