import * as tf from '@tensorflow/tfjs-core';
import { InputError } from './input-error';
import { zeroPadding } from './zero-padding';

/** A linear layer W x + b that stands after the pool's frames, such as the projection of a contrastive loss. */
export interface FrameProjection {
  /** [features, outputs]. */
  weight: tf.Tensor2D;
  /** [outputs]. */
  bias: tf.Tensor1D;
}

/** @throws InputError if it does not fit frames of `features`. */
export function checkProjection({ weight, bias }: FrameProjection, features: number): void {
  if (weight.rank !== 2 || weight.shape[0] !== features) {
    throw new InputError(`project.weight must be [${features}, outputs], got [${weight.shape.join(', ')}]`);
  }
  if (bias.shape.join() !== String(weight.shape[1])) {
    throw new InputError(`project.bias must be [${weight.shape[1]}], got [${bias.shape.join(', ')}]`);
  }
}

/** Frames [batch, frames, features] through the layer, where there is one; zeros on padded frames. */
export function projectFrames(frames: tf.Tensor3D, mask: tf.Tensor2D, project?: FrameProjection): tf.Tensor3D {
  const [batch, time, dim] = frames.shape;
  if (!project) return frames;
  checkProjection(project, dim);
  const product = tf.add(tf.matMul(tf.reshape(frames, [batch * time, dim]), project.weight), project.bias);
  return zeroPadding(tf.reshape(product, [batch, time, project.bias.size]), mask);
}
