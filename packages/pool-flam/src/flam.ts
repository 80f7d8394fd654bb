import * as tf from '@tensorflow/tfjs-core';
import { checkFrames } from './check-frames';
import { checkHeads } from './check-heads';
import { flamParamNames, flamParamShape, type FlamParams } from './flam-params';
import { InputError } from './input-error';
import { paddingBias } from './padding-bias';
import type { PoolOutput } from './pool-output';
import { checkProjection, type FrameProjection } from './project-frames';
import { attendedFrames, attentionOutput } from './self-attention';
import { weightedSum } from './weighted-sum';
import { zeroPadding } from './zero-padding';

/**
 * Frame-level attention module (paper, Sec. 2.3): self-attention with a residual, then attention pooling,
 *
 *     F' = F + MSA(F),   α = softmax_t(f'_t w),   f = Σ_t α_t f'_t     (Eq. 5)
 *
 * After the heads everything is linear: with C = concat(heads), F' = F + C W_o + b_o, so that
 *
 *     F' w = F w + C (W_o w) + b_o w,   f = Σ_t α_t f_t + (Σ_t α_t c_t) W_o + b_o
 *
 * and W_o meets one vector an utterance instead of every frame. With `project` the same holds for the frames; F' is
 * then never made, which saves a third of the products of a training step.
 *
 * Padded frames have no effect: an utterance gives the same result alone and in a padded batch, and its padding
 * receives no gradient. Plain tfjs operations: runs on any backend, differentiates, and can be traced (no value is read).
 *
 * @param params tensors or variables, see {@link FlamParams}; first values from `initFlam`
 * @param frames F [batch, frames, features], float32; padded frames may hold any finite value
 * @param mask [batch, frames], float32: 1 valid, 0 padded
 * @param options `heads`: attention heads, which must divide the features (default 16); `project`: a linear layer to
 *   apply to F'
 * @returns f, F' (projected where asked; zeros on padded frames) and α (zeros on padded frames)
 * @throws InputError if a shape or type is wrong, or `heads` does not divide the features.
 */
export function flam(
  params: FlamParams,
  frames: tf.Tensor3D,
  mask: tf.Tensor2D,
  options: { heads?: number; project?: FrameProjection } = {},
): PoolOutput {
  const { heads = 16, project } = options;
  checkFrames(frames, mask);
  const [batch, time, dim] = frames.shape;
  checkHeads(dim, heads);
  checkParams(params, dim);
  if (project) checkProjection(project, dim);

  return tf.tidy(() => {
    const context = attendedFrames(params, frames, mask, heads);
    const rows = (x: tf.Tensor3D): tf.Tensor2D => tf.reshape(x, [batch * time, dim]);
    /** F' times columns [features, n] → [batch, frames, n]. */
    const refinedTimes = (columns: tf.Tensor2D): tf.Tensor3D => {
      const attended = tf.matMul(rows(context), tf.matMul(params.output, columns));
      const bias = tf.matMul(tf.reshape(params.outputBias, [1, dim]), columns);
      const product = tf.add(tf.add(tf.matMul(rows(frames), columns), attended), bias);
      return tf.reshape(product, [batch, time, columns.shape[1]]);
    };

    const score: tf.Tensor2D = tf.reshape(params.projection, [dim, 1]);
    const columns = refinedTimes(project ? tf.concat([score, project.weight], 1) : score);
    const scores: tf.Tensor2D = tf.reshape(tf.slice(columns, [0, 0, 0], [batch, time, 1]), [batch, time]);
    // The product matters only for an utterance without a valid frame: its softmax is uniform, its attention must be 0.
    const attention: tf.Tensor2D = tf.mul(tf.softmax(tf.add(scores, paddingBias(mask))), mask);
    const attended = tf.add(
      tf.matMul(weightedSum(attention, context), params.output),
      tf.mul(tf.sum(attention, 1, true), params.outputBias),
    );
    return {
      pooled: tf.add<tf.Tensor2D>(weightedSum(attention, frames), attended),
      frames: zeroPadding(
        project
          ? tf.add(tf.slice(columns, [0, 0, 1], [batch, time, project.bias.size]), project.bias)
          : tf.add(frames, attentionOutput(params, context)),
        mask,
      ),
      attention,
    };
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
