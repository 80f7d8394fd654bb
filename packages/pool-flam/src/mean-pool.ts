import * as tf from '@tensorflow/tfjs-core';
import { checkFrames } from './check-frames';
import type { PoolOutput } from './pool-output';
import { projectFrames, type FrameProjection } from './project-frames';
import { weightedSum } from './weighted-sum';
import { zeroPadding } from './zero-padding';

/**
 * Mean over the valid frames: f = (1 / T) Σ_t f_t. The attention is 1 / T on every valid frame.
 *
 * @param frames F [batch, frames, features], float32; padded frames may hold any finite value
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @param options `project`: a linear layer to apply to the frames
 * @throws InputError if a shape or type is wrong.
 */
export function meanPool(
  frames: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: { project?: FrameProjection } = {},
): PoolOutput {
  checkFrames(frames, mask);
  return tf.tidy(() => {
    const valid = zeroPadding(frames, mask);
    const attention: tf.Tensor2D = tf.div(mask, tf.maximum(tf.sum(mask, 1, true), 1));
    return { pooled: weightedSum(attention, valid), frames: projectFrames(valid, mask, options.project), attention };
  });
}
