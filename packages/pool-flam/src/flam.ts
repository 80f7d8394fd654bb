import * as tf from '@tensorflow/tfjs';
import { checkFrames } from './check-frames';
import { checkHeads } from './check-heads';
import { flamParamNames, flamParamShape, type FlamParams } from './flam-params';
import { InputError } from './input-error';
import { paddingBias } from './padding-bias';
import type { PoolOutput } from './pool-output';
import { selfAttention } from './self-attention';
import { weightedSum } from './weighted-sum';
import { zeroPadding } from './zero-padding';

/**
 * Frame-level attention module (paper, Sec. 2.3): self-attention with a residual, then attention pooling,
 *
 *     F' = F + MSA(F),   α = softmax_t(f'_t w),   f = Σ_t α_t f'_t     (Eq. 5)
 *
 * Padded frames take part in nothing: an utterance gives the same result alone and in a padded batch, and its padding
 * receives no gradient. Plain tfjs operations: runs on any backend, differentiates, and can be traced (no value is read).
 *
 * @param params tensors or variables, see {@link FlamParams}; first values from `initFlam`
 * @param frames F [batch, frames, features], float32; padded frames may hold any finite value
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @param options `heads`: attention heads, which must divide the features (default 16)
 * @returns f, F' (zeros on padded frames) and α (zeros on padded frames)
 * @throws InputError if a shape or type is wrong, or `heads` does not divide the features.
 */
export function flam(
  params: FlamParams,
  frames: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: { heads?: number } = {},
): PoolOutput {
  const { heads = 16 } = options;
  checkFrames(frames, mask);
  const [batch, time, dim] = frames.shape;
  checkHeads(dim, heads);
  checkParams(params, dim);

  return tf.tidy(() => {
    const refined = zeroPadding(tf.add(frames, selfAttention(params, frames, mask, heads)), mask);
    const scores: tf.Tensor2D = tf.reshape(tf.matMul(tf.reshape(refined, [batch * time, dim]), params.projection), [
      batch,
      time,
    ]);
    // The product matters only for an utterance without a valid frame: its softmax is uniform, its attention must be 0.
    const attention: tf.Tensor2D = tf.mul(tf.softmax(tf.add(scores, paddingBias(mask))), mask);
    return { pooled: weightedSum(attention, refined), frames: refined, attention };
  });
}

function checkParams(params: FlamParams, dim: number): void {
  for (const name of flamParamNames) {
    const expected = flamParamShape(name, dim).join(', ');
    const got: tf.Tensor | undefined = params[name];
    if (got?.shape.join(', ') !== expected) {
      throw new InputError(
        `params.${name} must be [${expected}], got ${got ? `[${got.shape.join(', ')}]` : 'nothing'}`,
      );
    }
  }
}
