import type * as tf from '@tensorflow/tfjs-core';
import { InputError } from './input-error';

/** Throws unless frames are [batch, frames, features] and the mask is [batch, frames]. Reads shapes, never values. */
export function checkFrames(frames: tf.Tensor, mask: tf.Tensor): void {
  const [batch, time] = frames.shape;
  if (frames.shape.length !== 3 || frames.size === 0) {
    throw new InputError(`frames must be [batch, frames, features], got [${frames.shape.join(', ')}]`);
  }
  if (mask.shape.length !== 2 || mask.shape[0] !== batch || mask.shape[1] !== time) {
    throw new InputError(`mask must be [batch, frames] = [${batch}, ${time}], got [${mask.shape.join(', ')}]`);
  }
  for (const [name, tensor] of Object.entries({ frames, mask })) {
    if (tensor.dtype !== 'float32') throw new InputError(`${name} must be float32, got ${tensor.dtype}`);
  }
}
