import * as tf from '@tensorflow/tfjs';

/**
 * WavLM's bucket of a distance key − query: half of the buckets for each direction, the first half of those one per
 * frame, the rest logarithmic up to `maxDistance`, beyond which all share the last.
 */
export function positionBucket(distance: number, buckets: number, maxDistance: number): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const far = Math.abs(distance);
  // float32 throughout: the reference rounds down a float32 logarithm.
  const { fround } = Math;
  const ratio = fround(fround(Math.log(fround(far / exact))) / fround(Math.log(maxDistance / exact)));
  const logarithmic = Math.min(half - 1, exact + Math.floor(fround(ratio * (half - exact))));
  return (distance > 0 ? half : 0) + (far < exact ? far : logarithmic);
}

/**
 * The bias of every head for every pair of frames, before the gate.
 *
 * @param table [buckets, heads]
 * @returns [heads, frames, frames]; row the query, column the key
 */
export function positionBias(table: tf.Tensor, frames: number, maxDistance: number): tf.Tensor3D {
  const [buckets = 0, heads = 0] = table.shape;
  // One entry a distance, cyclic: 0..frames−1, one unused, then −(frames−1)..−1. Row i of the bias is it, shifted by i.
  const period = 2 * frames;
  const distances = Array.from({ length: period }, (_, i) => (i < frames ? i : i - period));
  const bucket = tf.tensor1d(distances.map((d) => positionBucket(d, buckets, maxDistance)), 'int32');
  const perDistance = tf.matMul<tf.Tensor2D>(table, tf.cast(tf.oneHot(bucket, buckets), 'float32'), true, true);
  // Written with that period but read in rows one shorter, every row begins one entry earlier: a shift without Gather.
  const repeated: tf.Tensor3D = tf.mul(tf.reshape(perDistance, [heads, 1, period]), tf.ones([1, frames, 1]));
  const flat = tf.slice(tf.reshape(repeated, [heads, frames * period]), [0, 0], [heads, frames * (period - 1)]);
  const rows: tf.Tensor3D = tf.reshape(flat, [heads, frames, period - 1]);
  return tf.slice(rows, [0, 0, 0], [heads, frames, frames]);
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
