import { centerLoss, contextBroadcast, focalLoss, klDivergence, supervisedContrastive } from '@ser/losses-mll';
import { flam, flamParamNames, type FlamParams } from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs';
import { heads, temperature, type Values } from './problem';

export interface Batch extends Record<string, tf.Tensor> {
  frames: tf.Tensor3D;
  mask: tf.Tensor2D;
  targets: tf.Tensor2D;
  labels: tf.Tensor1D;
}

const data = ['frames', 'targets', 'labels'];

/** The step as a program of tfjs: loss, gradients of every weight, Adam; to be run as it is or compiled. */
export function createStep(problem: ReadonlyMap<string, Values>): (batch: Batch) => { loss: tf.Scalar } {
  const weights = new Map<string, tf.Variable>();
  for (const [name, { shape, values }] of problem) {
    if (!data.includes(name)) weights.set(name, tf.variable(tf.tensor(values, shape), true, name));
  }
  const weight = (name: string): tf.Tensor2D => weights.get(name) as tf.Variable<tf.Rank.R2>;
  const params = Object.fromEntries(flamParamNames.map((name) => [name, weight(name)])) as FlamParams;
  const model = tf.train.adam(1e-4);
  const centers = tf.train.adam(5e-3);

  const linear = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    tf.add(tf.matMul(x, weight(name)), weight(`${name}Bias`));
  const loss = ({ frames, mask, targets, labels }: Batch): tf.Scalar => {
    const { pooled, frames: refined } = flam(params, frames, mask, { heads });
    const [batch, time, dim] = refined.shape;
    const z = linear(pooled, 'z');
    const logits = linear(z, 'classifier');
    const h = linear(tf.reshape(refined, [batch * time, dim]), 'h');
    const context = contextBroadcast(tf.reshape(h, [batch, time, h.shape[1]]), mask);
    return tf.addN([
      klDivergence(logits, targets),
      focalLoss(logits, targets),
      centerLoss(z, labels, weight('centers')),
      supervisedContrastive(context, labels, mask, { temperature, classes: targets.shape[1] }),
    ]);
  };
  return (batch) => {
    const { value, grads } = tf.variableGrads(() => loss(batch));
    const gradients = Object.entries(grads).map(([name, tensor]) => ({ name, tensor }));
    model.applyGradients(gradients.filter(({ name }) => name !== 'centers'));
    centers.applyGradients(gradients.filter(({ name }) => name === 'centers'));
    return { loss: value };
  };
}

export function createBatch(problem: ReadonlyMap<string, Values>): Batch {
  const tensor = (name: string): tf.Tensor => tf.tensor(problem.get(name)!.values, problem.get(name)!.shape);
  const [batch, frames] = problem.get('frames')!.shape;
  return {
    frames: tensor('frames') as tf.Tensor3D,
    mask: tf.ones<tf.Rank.R2>([batch!, frames!]),
    targets: tensor('targets') as tf.Tensor2D,
    labels: tf.tensor1d(problem.get('labels')!.values, 'int32'),
  };
}
