import * as tf from '@tensorflow/tfjs-core';

/**
 * 1 for the first steps of a row and 0 after, without reading the lengths.
 *
 * Step t exists when the row has at least `first + t · hop` samples, which holds exactly for any stack of unpadded
 * strided convolutions with that receptive field and hop.
 *
 * @param lengths [batch], samples
 * @param steps columns of the mask
 * @returns [batch, steps], float32
 */
export function validSteps(lengths: tf.Tensor1D, steps: number, first: number, hop: number): tf.Tensor2D {
  const needed = tf.add(tf.mul(tf.range(0, steps, 1, 'float32'), hop), first);
  const have = tf.reshape(tf.cast(lengths, 'float32'), [-1, 1]);
  return tf.cast(tf.greaterEqual<tf.Tensor2D>(have, tf.reshape(needed, [1, steps])), 'float32');
}

/** Additive attention bias that hides padded keys: [batch, frames] mask → [batch, 1, 1, frames], 0 or −1e9. */
export function keyBias(mask: tf.Tensor2D): tf.Tensor4D {
  const [batch, frames] = mask.shape;
  return tf.reshape(tf.mul(tf.sub(mask, 1), 1e9), [batch, 1, 1, frames]);
}
