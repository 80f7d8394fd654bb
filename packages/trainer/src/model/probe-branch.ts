import * as tf from '@tensorflow/tfjs';
import type { LinearModel } from '../baseline/logistic-regression';

/** What a linear probe reads, and its weights: beside the classifier on z where a model starts from a probe. */
const names = { weight: 'probe.weight', mean: 'probe.mean', deviation: 'probe.deviation' } as const;

/** Statistics that are measured and not learnt. */
export const probeStatistics: readonly string[] = [names.mean, names.deviation];

/** Adam moves every weight by about its rate, and the logits by that many times: divided by √n, whatever n. */
const scaleOf = (columns: number): number => 1 / Math.sqrt(columns);

/** A branch that says nothing yet, for statistics of `columns` = layers · 2 · features. */
export function silentBranch(columns: number, classes: number): Map<string, tf.Tensor> {
  return new Map([
    [names.weight, tf.zeros([columns, classes])],
    [names.mean, tf.zeros([columns])],
    [names.deviation, tf.ones([columns])],
  ]);
}

/**
 * Mean and deviation of every feature of every layer over the frames, weighted by the attention: the attentive statistics
 * of Okabe et al. (2018), and under uniform attention what a linear probe reads.
 *
 * @param layers each [batch, frames, features], as the encoder gives them
 * @param attention [batch, frames], 0 on padding, sums to 1
 * @returns [batch, layers · 2 · features]: of each layer first the means, then the deviations
 */
export function pooledStatistics(layers: readonly tf.Tensor3D[], attention: tf.Tensor2D): tf.Tensor2D {
  const weights = tf.expandDims(attention, 2);
  const parts = layers.flatMap((layer) => {
    const mean = tf.sum(tf.mul(layer, weights), 1, true);
    const variance = tf.sum(tf.mul(tf.square(tf.sub(layer, mean)), weights), 1);
    // The root has no slope at 0: a single frame, or one that repeats.
    return [tf.squeeze(mean, [1]), tf.sqrt(tf.maximum(variance, 1e-8))];
  });
  return tf.concat(parts, 1) as tf.Tensor2D;
}

/**
 * The probe's part of the logits.
 * @param statistics of `pooledStatistics`
 * @param keep [batch, features], 0 or 1/(1 − p): dropout of a feature in all layers
 * @returns [batch, classes]
 */
export function probeLogits(
  head: ReadonlyMap<string, tf.Variable>,
  statistics: tf.Tensor2D,
  keep: tf.Tensor2D | undefined,
): tf.Tensor2D {
  const [weight, mean, deviation] = [head.get(names.weight), head.get(names.mean), head.get(names.deviation)];
  if (!weight || !mean || !deviation) throw new Error('the model has no probe');
  const [batch, columns] = statistics.shape;
  let standard: tf.Tensor = tf.div(tf.sub(statistics, mean), deviation);
  if (keep) {
    const dim = keep.shape[1];
    const apart = tf.reshape(standard, [batch, columns / dim, dim]);
    standard = tf.reshape(tf.mul(apart, tf.expandDims(keep, 1)), [batch, columns]);
  }
  return tf.matMul(tf.mul(standard, scaleOf(columns)) as tf.Tensor2D, weight as tf.Tensor2D);
}

/** Gives a fitted probe to the head; the classifier on z, which comes on top, starts at nothing but the probe's intercepts. */
export function setProbe(head: ReadonlyMap<string, tf.Variable>, probe: LinearModel): void {
  const { columns, weights, intercepts, mean, deviation } = probe;
  const values = new Map<string, Float32Array>([
    [names.weight, Float32Array.from(weights, (w) => w / scaleOf(columns))],
    [names.mean, Float32Array.from(mean)],
    // A column that never changed has no weight; dividing by 1 keeps it finite.
    [names.deviation, Float32Array.from(deviation, (d) => (Number.isFinite(d) ? d : 1))],
    ['classifier.bias', Float32Array.from(intercepts)],
  ]);
  for (const [name, value] of values) {
    const variable = head.get(name);
    if (!variable) throw new Error(`the model has no parameter "${name}"`);
    tf.tidy(() => variable.assign(tf.tensor(value, variable.shape)));
  }
}
