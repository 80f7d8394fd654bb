import * as tf from '@tensorflow/tfjs-core';

/** Frames [batch, frames, features] with the padded ones, where the mask [batch, frames] is 0, set to zero. */
export function zeroPadding(frames: tf.Tensor3D, mask: tf.Tensor2D): tf.Tensor3D {
  return tf.mul(frames, tf.expandDims(mask, 2));
}
