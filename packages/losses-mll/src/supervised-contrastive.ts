import * as tf from '@tensorflow/tfjs-core';
import { check } from './check';
import { InputError } from './input-error';
import { normalizeRows } from './normalize-rows';
import { oneHot } from './one-hot';
import { weightedLogSumExp } from './weighted-log-sum-exp';

/** Settings of {@link supervisedContrastive}. */
export interface SupervisedContrastiveOptions {
  /** Number of classes C; labels are 0 … C − 1. */
  classes: number;
  /** τ > 0. Default 0.1. */
  temperature?: number;
  /** Scale every frame to length 1 first (default); false is Eq. 10 to the letter. */
  normalize?: boolean;
  /** Rows of the N × N scores held at a time; by default as many as fill about 4 MB, and no fewer than 256. */
  tile?: number;
}

/** A tile that fits a processor's cache, and the fewest rows: narrower products waste the processor. */
const CACHE_BYTES = 4e6;
const TILE_ROWS = 256;

/**
 * Rows of a tile whose scores take about so many bytes, for {@link SupervisedContrastiveOptions.tile}. On a GPU a tile of
 * the cache's size is too small to be worth its launches: 256 MB is one tile for 8,000 frames.
 *
 * @param frames N, batch · frames
 */
export const supconTile = (frames: number, bytes: number): number =>
  Math.max(TILE_ROWS, Math.ceil(bytes / 4 / Math.max(frames, 1)));

/**
 * Supervised contrastive loss over all valid frames of a batch (paper, Eq. 10), every frame labelled as its utterance:
 *
 *     L = (1 / N) Σ_i (−1 / |P(i)|) Σ_{j ∈ P(i)} log( exp(h_i · h_j / τ) / Σ_{k ≠ i} exp(h_i · h_k / τ) )
 *
 * P(i): the other frames of i's class. A frame with no positive adds 0 and still counts in N; with none at all, or no
 * valid frame, L is 0. Labels are hard, so Σ_{j ∈ P(i)} h_i · h_j = h_i · (class sum − h_i), which takes O(N · C); only
 * the denominators need N × N scores, a tile of rows at a time, forward and backward: memory grows with N.
 *
 * @param frames h [batch, frames, dimensions], float32 (after `contextBroadcast`, for the paper's h̃); padded frames may
 *   hold any finite value and receive no gradient
 * @param labels [batch], int32: the dominant class of each utterance
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @returns a scalar, differentiable once with respect to `frames`
 * @throws InputError if a shape, type or option is wrong.
 */
export function supervisedContrastive(
  frames: tf.Tensor3D,
  labels: tf.Tensor1D,
  mask: tf.Tensor2D,
  options: SupervisedContrastiveOptions,
): tf.Scalar {
  const [batch, time, dimensions] = frames.shape;
  check({
    frames: { tensor: frames, axes: ['batch', 'frames', 'dimensions'] },
    labels: { tensor: labels, axes: ['batch'], sizes: [batch], dtype: 'int32' },
    mask: { tensor: mask, axes: ['batch', 'frames'], sizes: [batch, time] },
  });
  const count = batch * time;
  const { classes, temperature = 0.1, normalize = true, tile = supconTile(count, CACHE_BYTES) } = options;
  if (!Number.isInteger(classes) || classes < 1) throw new InputError(`classes must be 1 or more, got ${classes}`);
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new InputError(`temperature must be positive, got ${temperature}`);
  }
  if (!Number.isInteger(tile) || tile < 1) throw new InputError(`tile must be a positive integer, got ${tile}`);

  return tf.tidy(() => {
    const valid: tf.Tensor2D = tf.reshape(mask, [count, 1]);
    const given: tf.Tensor2D = tf.mul(tf.reshape(frames, [count, dimensions]), valid);
    const rows = normalize ? normalizeRows(given) : given;

    // Counts and sums by class, handed back to each utterance: [batch, 1] and [batch, dimensions].
    const members = oneHot(labels, classes);
    const overOwnClass = (x: tf.Tensor2D): tf.Tensor2D => tf.matMul(members, tf.matMul(members, x, true));
    const utteranceFrames: tf.Tensor2D = tf.sum(mask, 1, true);
    const positives: tf.Tensor2D = tf.sub(overOwnClass(utteranceFrames), 1);
    const hasPositive = tf.cast(tf.greater(positives, 0.5), 'float32');
    // What an anchor of each utterance weighs in the mean over all valid frames.
    const anchorWeight: tf.Tensor2D = tf.div(hasPositive, tf.maximum(tf.sum(mask), 1));

    const weights: tf.Tensor2D = tf.reshape(tf.mul(mask, anchorWeight), [count, 1]);
    const denominators = weightedLogSumExp(rows, weights, valid, temperature, tile);

    // Σ_i h_i · (class sum − h_i) over the frames of an utterance: its sum · class sum − Σ_i ‖h_i‖².
    const utteranceSum: tf.Tensor2D = tf.sum(tf.reshape(rows, [batch, time, dimensions]), 1);
    const together = tf.sum(tf.mul(utteranceSum, overOwnClass(utteranceSum)), 1, true);
    const own = tf.sum(tf.reshape(tf.square(rows), [batch, time * dimensions]), 1, true);
    const perPositive = tf.div(anchorWeight, tf.mul(tf.maximum(positives, 1), temperature));
    const attraction = tf.sum(tf.mul(tf.sub(together, own), perPositive));
    return tf.sub<tf.Scalar>(denominators, attraction);
  });
}
