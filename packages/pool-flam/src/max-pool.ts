import * as tf from '@tensorflow/tfjs-core';
import { checkFrames } from './check-frames';
import { paddingBias } from './padding-bias';
import type { PoolOutput } from './pool-output';
import { projectFrames, type FrameProjection } from './project-frames';
import { zeroPadding } from './zero-padding';

/**
 * Maximum over the valid frames, feature by feature: f_d = max_t f_td. The attention of a frame is the share of the
 * features whose maximum it holds; it has no gradient, so a loss may not be built on it.
 *
 * @param frames F [batch, frames, features], float32; padded frames may hold any finite value
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @param options `project`: a linear layer to apply to the frames
 * @throws InputError if a shape or type is wrong.
 */
export function maxPool(
  frames: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: { project?: FrameProjection } = {},
): PoolOutput {
  checkFrames(frames, mask);
  return tf.tidy(() => {
    const valid = zeroPadding(frames, mask);
    const candidates: tf.Tensor3D = tf.add(valid, tf.expandDims(paddingBias(mask), 2));
    const highest = tf.max(candidates, 1, true);
    // An utterance without a valid frame has −1e30 as its maximum: give 0, as the other poolings do.
    const pooled: tf.Tensor2D = tf.mul(tf.squeeze(highest, [1]), tf.max(mask, 1, true));
    const holds: tf.Tensor2D = tf.mul(tf.sum(tf.cast(tf.equal(candidates, highest), 'float32'), 2), mask);
    const attention: tf.Tensor2D = tf.div(holds, tf.maximum(tf.sum(holds, 1, true), 1));
    return { pooled, frames: projectFrames(valid, mask, options.project), attention };
  });
}
