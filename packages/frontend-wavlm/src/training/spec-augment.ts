import * as tf from '@tensorflow/tfjs-core';
import type { TrainingNoise } from '../encoders/encoder';

/** SpecAugment on channel-first features [batch, features, time]: masked steps and features become 0. */
export function maskChannels(x: tf.Tensor3D, { timeMask, featureMask }: TrainingNoise): tf.Tensor3D {
  const [batch, features, time] = x.shape;
  let masked = x;
  if (timeMask) masked = tf.mul(masked, tf.reshape(tf.sub(1, timeMask), [batch, 1, time]));
  if (featureMask) masked = tf.mul(masked, tf.reshape(tf.sub(1, featureMask), [batch, features, 1]));
  return masked;
}

/**
 * SpecAugment on frames [batch, frames, features]: a masked frame becomes the model's own mask vector, a masked
 * feature 0.
 *
 * @param embedding [features]
 */
export function maskFrames(
  x: tf.Tensor3D,
  { timeMask, featureMask }: TrainingNoise,
  embedding: tf.Tensor,
): tf.Tensor3D {
  const [batch, frames, features] = x.shape;
  let masked = x;
  if (timeMask) {
    const where = tf.reshape(timeMask, [batch, frames, 1]);
    masked = tf.add(tf.mul(masked, tf.sub(1, where)), tf.mul(where, embedding));
  }
  if (featureMask) masked = tf.mul(masked, tf.reshape(tf.sub(1, featureMask), [batch, 1, features]));
  return masked;
}
