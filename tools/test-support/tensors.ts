import * as tf from '@tensorflow/tfjs';
import type { GoldenArray } from './shared';

/** A golden array as a float32 tensor. */
export const toTensor = ({ shape, data }: GoldenArray): tf.Tensor => tf.tensor(data, shape, 'float32');

/** A mask [batch, frames] with ones on the first `lengths[b]` frames. */
export const lengthMask = (lengths: readonly number[], frames: number): tf.Tensor2D =>
  tf.tensor2d(
    lengths.map((length) => Array.from({ length: frames }, (_, t) => Number(t < length))),
    [lengths.length, frames],
    'float32',
  );
