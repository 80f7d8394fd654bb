import * as tf from '@tensorflow/tfjs-core';
import { linear } from './linear';

export interface AttentionShape {
  batch: number;
  frames: number;
  heads: number;
}

export interface AttentionWeights {
  queryWeight: tf.Tensor;
  queryBias: tf.Tensor;
  keyWeight: tf.Tensor;
  keyBias?: tf.Tensor;
  valueWeight: tf.Tensor;
  valueBias: tf.Tensor;
  outWeight: tf.Tensor;
  outBias: tf.Tensor;
}

/**
 * Multi-head self-attention, softmax(q·kᵀ/√d + bias)·v per head.
 *
 * @param x [batch · frames, features]
 * @param bias added to the scores before the softmax, broadcast to [batch, heads, frames, frames]
 * @returns [batch · frames, features]
 */
export function selfAttention(
  x: tf.Tensor2D,
  weights: AttentionWeights,
  shape: AttentionShape,
  bias?: tf.Tensor,
): tf.Tensor2D {
  const { batch, frames, heads } = shape;
  const features = x.shape[1];
  const size = features / heads;
  const split = (rows: tf.Tensor2D): tf.Tensor4D =>
    tf.transpose(tf.reshape(rows, [batch, frames, heads, size]), [0, 2, 1, 3]);
  const query = split(tf.mul(linear(x, weights.queryWeight, weights.queryBias), 1 / Math.sqrt(size)));
  const key = split(linear(x, weights.keyWeight, weights.keyBias));
  const value = split(linear(x, weights.valueWeight, weights.valueBias));
  const scores = tf.matMul<tf.Tensor4D>(query, key, false, true);
  const attention = tf.softmax<tf.Tensor4D>(bias ? tf.add<tf.Tensor4D>(scores, bias) : scores);
  const context = tf.transpose(tf.matMul<tf.Tensor4D>(attention, value), [0, 2, 1, 3]);
  return linear(tf.reshape(context, [batch * frames, features]), weights.outWeight, weights.outBias);
}
