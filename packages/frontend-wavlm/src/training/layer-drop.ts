import * as tf from '@tensorflow/tfjs-core';
import type { TrainingNoise } from '../encoders/encoder';

/**
 * The output of a block, or its input where the block is dropped. The choice is a number in the graph, so that one
 * compiled step serves every choice. Block 1 (index 0) is never dropped.
 */
export function dropLayer(before: tf.Tensor2D, after: tf.Tensor2D, layer: number, noise: TrainingNoise): tf.Tensor2D {
  if (!noise.keepLayers || layer === 0) return after;
  const keep = tf.slice(noise.keepLayers, [layer], [1]);
  return tf.add(before, tf.mul<tf.Tensor2D>(tf.sub(after, before), keep));
}
