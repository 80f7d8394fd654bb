import type * as tf from '@tensorflow/tfjs-core';

/** What every pooling returns, so that one can stand in for another. */
export interface PoolOutput {
  /** One vector an utterance, [batch, features]; zeros for an utterance without a valid frame. */
  pooled: tf.Tensor2D;
  /**
   * The frames as pooled (F' for FLAM), [batch, frames, features]; zeros on padded frames. Where a projection was given,
   * they have gone through it: [batch, frames, outputs].
   */
  frames: tf.Tensor3D;
  /** How much each frame counted, [batch, frames]: sums to 1 over the valid frames, 0 on padded ones. */
  attention: tf.Tensor2D;
}
