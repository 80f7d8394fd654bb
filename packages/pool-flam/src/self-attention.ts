import * as tf from '@tensorflow/tfjs-core';
import type { FlamParams } from './flam-params';
import { paddingBias } from './padding-bias';

const linear = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, weight), bias);

/**
 * The heads of multi-head self-attention side by side, biases on, over valid frames as keys:
 *
 *     head = softmax(Q K^T / sqrt(D / heads)) V,   C = concat(heads)
 *
 * @param frames F [batch, frames, features]
 * @param mask [batch, frames]: 1 valid, 0 padded
 * @returns C [batch, frames, features]; padded queries give values to be ignored
 */
export function attendedFrames(params: FlamParams, frames: tf.Tensor3D, mask: tf.Tensor2D, heads: number): tf.Tensor3D {
  const [batch, time, dim] = frames.shape;
  const rows: tf.Tensor2D = tf.reshape(frames, [batch * time, dim]);
  const splitHeads = (x: tf.Tensor): tf.Tensor4D =>
    tf.transpose(tf.reshape(x, [batch, time, heads, dim / heads]), [0, 2, 1, 3]);

  // Scaling W_q and b_q costs D² products; scaling the scores would cost batch · heads · T².
  const scale = 1 / Math.sqrt(dim / heads);
  const query = splitHeads(linear(rows, tf.mul(params.query, scale), tf.mul(params.queryBias, scale)));
  const key = splitHeads(linear(rows, params.key, params.keyBias));
  const value = splitHeads(linear(rows, params.value, params.valueBias));

  const bias = tf.reshape(paddingBias(mask), [batch, 1, 1, time]);
  const weights = tf.softmax(tf.add(tf.matMul(query, key, false, true), bias));
  return tf.reshape(tf.transpose(tf.matMul(weights, value), [0, 2, 1, 3]), [batch, time, dim]);
}

/** MSA(F) = C W_o + b_o, [batch, frames, features]. */
export function attentionOutput(params: FlamParams, context: tf.Tensor3D): tf.Tensor3D {
  const [batch, time, dim] = context.shape;
  const rows = tf.reshape(context, [batch * time, dim]);
  return tf.reshape(linear(rows, params.output, params.outputBias), [batch, time, dim]);
}
