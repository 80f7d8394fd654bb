import * as tf from '@tensorflow/tfjs';
import type { LinearModel } from '../baseline/logistic-regression';
import { assignIn, variableIn, type Head } from './head';

/** A linear probe of the layers that the model reads, as the encoder gives them before it learns. Fitted before the model learns. */
const names = {
  weight: 'probe.weight',
  bias: 'probe.bias',
  mean: 'probe.mean',
  deviation: 'probe.deviation',
} as const;

/** None of it learns with the model. */
export const probeNames: readonly string[] = Object.values(names);

/** A probe that says nothing yet, for statistics of `columns` = layers · 2 · features. */
export function silentProbe(columns: number, classes: number): Map<string, tf.Tensor> {
  return new Map([
    [names.weight, tf.zeros([columns, classes])],
    [names.bias, tf.zeros([classes])],
    [names.mean, tf.zeros([columns])],
    [names.deviation, tf.ones([columns])],
  ]);
}

/**
 * Mean and deviation of every feature of every layer over the frames: what a linear probe reads.
 *
 * @param layers each [batch, frames, features], as the encoder gives them
 * @param mask [batch, frames], 1 on valid frames
 * @returns [batch, layers · 2 · features]: of each layer first the means, then the deviations
 */
export function pooledStatistics(layers: readonly tf.Tensor3D[], mask: tf.Tensor2D): tf.Tensor2D {
  const weights = tf.expandDims(tf.div(mask, tf.sum(mask, 1, true)), 2);
  const parts = layers.flatMap((layer) => {
    const mean = tf.sum(tf.mul(layer, weights), 1, true);
    const variance = tf.sum(tf.mul(tf.square(tf.sub(layer, mean)), weights), 1);
    return [tf.squeeze(mean, [1]), tf.sqrt(variance)];
  });
  return tf.concat(parts, 1) as tf.Tensor2D;
}

/**
 * Late fusion: the mean of the model's probabilities and the probe's, as logits.
 *
 * @param logits of the model [batch, classes]
 * @param statistics of `pooledStatistics`
 * @returns [batch, classes], whose softmax is that mean
 */
export function fuse(head: Head, logits: tf.Tensor2D, statistics: tf.Tensor2D): tf.Tensor2D {
  const standard = tf.div<tf.Tensor2D>(
    tf.sub(statistics, variableIn(head, names.mean)),
    variableIn(head, names.deviation),
  );
  const probe = tf.add(
    tf.matMul(standard, variableIn(head, names.weight) as tf.Tensor2D),
    variableIn(head, names.bias),
  );
  const sum = tf.add(tf.softmax(logits), tf.softmax(probe));
  // Far above 0 in float32 and in float16 alike; a class that both exclude stays excluded.
  return tf.log(tf.maximum<tf.Tensor2D>(tf.div(sum, 2), 1e-7));
}

/** Gives a fitted probe to the head. */
export function setProbe(head: Head, { weights, intercepts, mean, deviation }: LinearModel): void {
  assignIn(head, names.weight, weights);
  assignIn(head, names.bias, intercepts);
  assignIn(head, names.mean, mean);
  // A column that never changed has no weight; dividing by 1 keeps it finite.
  assignIn(
    head,
    names.deviation,
    deviation.map((d) => (Number.isFinite(d) ? d : 1)),
  );
}
