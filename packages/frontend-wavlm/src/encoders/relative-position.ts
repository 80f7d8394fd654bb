import * as tf from '@tensorflow/tfjs-core';

/**
 * WavLM's bucket of each distance key − query: half of the buckets for each direction, the first half of those one per
 * frame, the rest logarithmic up to `maxDistance`, beyond which all share the last.
 *
 * @param distances whole numbers, float32
 * @returns int32, same shape
 */
export function positionBuckets<T extends tf.Tensor>(distances: T, buckets: number, maxDistance: number): T;
export function positionBuckets(distances: tf.Tensor, buckets: number, maxDistance: number): tf.Tensor {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const far = tf.abs(distances);
  const decades = tf.div(tf.log(tf.div(tf.maximum(far, exact), exact)), Math.log(maxDistance / exact));
  const logarithmic = tf.minimum(tf.floor(tf.mul(decades, half - exact)), half - 1 - exact);
  // Below `exact` the logarithmic part is 0, above it the linear part stays at `exact`: their sum is the bucket.
  const ahead = tf.mul(tf.cast(tf.greater(distances, 0), 'float32'), half);
  return tf.cast(tf.add(tf.add(tf.minimum(far, exact), logarithmic), ahead), 'int32');
}

/**
 * The bias of every head for every pair of frames, before the gate.
 *
 * @param table [buckets, heads]
 * @returns [heads, frames, frames]; row the query, column the key
 */
export function positionBias(table: tf.Tensor, frames: number, maxDistance: number): tf.Tensor3D {
  const [buckets = 0, heads = 0] = table.shape;
  const count = 2 * frames - 1;
  const distances = tf.sub(tf.range(0, count, 1, 'float32'), frames - 1);
  const choice = tf.cast(tf.oneHot(positionBuckets(distances, buckets, maxDistance), buckets), 'float32');
  const perDistance: tf.Tensor3D = tf.reshape(tf.matMul<tf.Tensor2D>(table, choice, true, true), [heads, 1, count]);
  // Rows written one longer than they are read: each begins one entry earlier than the row before. No Gather, whose
  // gradient would scatter.
  const written = tf.mul(
    tf.pad(perDistance, [
      [0, 0],
      [0, 0],
      [0, 1],
    ]),
    tf.fill([1, frames, 1], 1),
  );
  const flat = tf.slice(tf.reshape(written, [heads, frames * (count + 1)]), [0, 0], [heads, frames * count]);
  const shifted: tf.Tensor3D = tf.reshape(flat, [heads, frames, count]);
  return tf.slice(shifted, [0, 0, frames - 1], [heads, frames, frames]);
}

/**
 * How much of the position bias each head and frame takes: a·(b·c − 1) + 2, with a and b sigmoids of a small linear
 * layer on the attention's input.
 *
 * @param rows [batch · frames, features], input of the attention
 * @param weight [8, features / heads]
 * @param bias [8]
 * @param constant c, one per head
 * @returns [batch, heads, frames, 1]
 */
export function positionGate(
  rows: tf.Tensor2D,
  weight: tf.Tensor,
  bias: tf.Tensor,
  constant: tf.Tensor,
  { batch, frames, heads }: { batch: number; frames: number; heads: number },
): tf.Tensor4D {
  const size = rows.shape[1] / heads;
  const perHead = tf.reshape(rows, [batch * frames * heads, size]);
  const projected = tf.add(tf.matMul(perHead, weight, false, true), bias);
  const gates = tf.sigmoid(tf.sum(tf.reshape(projected, [batch, frames, heads, 2, 4]), 4));
  const part = (i: number): tf.Tensor => tf.slice(gates, [0, 0, 0, i], [batch, frames, heads, 1]);
  const gate = tf.add(tf.mul(part(0), tf.sub(tf.mul(part(1), tf.reshape(constant, [1, 1, heads, 1])), 1)), 2);
  return tf.transpose(tf.reshape(gate, [batch, frames, heads, 1]), [0, 2, 1, 3]);
}
