import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';

/**
 * Context broadcasting (paper, Eq. 9) over the valid frames of each utterance:
 *
 *     h̃_t = ½ (h_t + (1 / T) Σ_m h_m)
 *
 * @param frames h [batch, frames, dimensions], float32; padded frames may hold any finite value
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @returns h̃ [batch, frames, dimensions], zeros on padded frames
 * @throws InputError if a shape or type is wrong.
 */
export function contextBroadcast(frames: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  check({
    frames: { tensor: frames, axes: ['batch', 'frames', 'dimensions'] },
    mask: { tensor: mask, axes: ['batch', 'frames'], sizes: frames.shape },
  });
  return tf.tidy(() => {
    const shares = tf.div(mask, tf.maximum(tf.sum(mask, 1, true), 1));
    const context = tf.matMul(tf.expandDims(shares, 1), frames);
    return tf.mul<tf.Tensor3D>(tf.add(frames, context), tf.mul(tf.expandDims(mask, 2), 0.5));
  });
}
