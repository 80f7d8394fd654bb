import * as tf from '@tensorflow/tfjs';
import type { FlamParams } from './flam-params';
import { paddingBias } from './padding-bias';

/**
 * Multi-head self-attention MSA(F), biases on, over valid frames as keys:
 *
 *     head = softmax(Q K^T / sqrt(D / heads)) V,   MSA(F) = concat(heads) W_o + b_o
 *
 * @param frames F [batch, frames, features]
 * @param mask [batch, frames]: 1 valid, 0 padded
 * @returns [batch, frames, features]; padded queries give values to be ignored
 */
export function selfAttention(params: FlamParams, frames: tf.Tensor3D, mask: tf.Tensor2D, heads: number): tf.Tensor3D {
  const [batch, time, dim] = frames.shape;
  const rows: tf.Tensor2D = tf.reshape(frames, [batch * time, dim]);
  const linear = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, weight), bias);
  const splitHeads = (x: tf.Tensor): tf.Tensor4D =>
    tf.transpose(tf.reshape(x, [batch, time, heads, dim / heads]), [0, 2, 1, 3]);

  // Scaling W_q and b_q costs D² products; scaling the scores would cost batch · heads · T².
  const scale = 1 / Math.sqrt(dim / heads);
  const query = splitHeads(linear(rows, tf.mul(params.query, scale), tf.mul(params.queryBias, scale)));
  const key = splitHeads(linear(rows, params.key, params.keyBias));
  const value = splitHeads(linear(rows, params.value, params.valueBias));

  const bias = tf.reshape(paddingBias(mask), [batch, 1, 1, time]);
  const weights = tf.softmax(tf.add(tf.matMul(query, key, false, true), bias));
  const joined = tf.reshape(tf.transpose(tf.matMul(weights, value), [0, 2, 1, 3]), [batch * time, dim]);
  return tf.reshape(linear(joined, params.output, params.outputBias), [batch, time, dim]);
}
