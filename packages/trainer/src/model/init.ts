import * as tf from '@tensorflow/tfjs';
import { normal, type Random } from '../random';

/** Xavier uniform matrix [inputs, outputs]. */
export function xavier(inputs: number, outputs: number, random: Random): tf.Tensor2D {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return tf.tensor2d(
    Float32Array.from({ length: inputs * outputs }, () => (2 * random() - 1) * limit),
    [inputs, outputs],
  );
}

/** Standard normal matrix [rows, columns]. */
export function gaussian(rows: number, columns: number, random: Random): tf.Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, () => normal(random)),
    [rows, columns],
  );
}
