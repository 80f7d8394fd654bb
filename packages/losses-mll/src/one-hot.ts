import * as tf from '@tensorflow/tfjs-core';

/**
 * One-hot rows [batch, classes] of labels [batch], by comparison with a range: a label out of range gives zeros. Unlike
 * `tf.oneHot` it takes a single class too, and it compiles to operations that every ONNX Runtime provider has.
 */
export function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  const same = tf.equal(tf.expandDims(labels, 1), tf.expandDims(tf.range(0, classes, 1, 'int32'), 0));
  return tf.cast(same, 'float32') as tf.Tensor2D;
}
