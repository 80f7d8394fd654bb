import {
  centerLoss,
  contextBroadcast,
  focalLoss,
  klDivergence,
  supconTile,
  supervisedContrastive,
} from '@ser/losses-mll';
import { applyAdam, biasCorrections, variableOf, type Provider } from '@ser/onnx-jit';
import { flam, flamParamNames, type FlamParams } from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs';
import { heads, temperature, type Values } from './problem';

export type Batch = {
  frames: tf.Tensor3D;
  mask: tf.Tensor2D;
  targets: tf.Tensor2D;
  labels: tf.Tensor1D;
  /** Bias corrections and learning rates. */
  adam: tf.Tensor1D;
};

const data = ['frames', 'targets', 'labels'];

/** What SupCon's scores may take on a GPU, as in the trainer. */
const tileBytes = 256e6;

/** The step as a program of tfjs: loss, gradients of every weight, Adam; to be run as it is or compiled. */
export function createStep(
  problem: ReadonlyMap<string, Values>,
  provider: Provider = 'cpu',
): (batch: Batch) => { loss: tf.Scalar } {
  const weights = new Map<string, tf.Variable>();
  for (const [name, { shape, values }] of problem) {
    if (!data.includes(name)) weights.set(name, variableOf(tf.tensor(values, shape), true, name));
  }
  const weight = (name: string): tf.Tensor2D => weights.get(name) as tf.Variable<tf.Rank.R2>;
  const params = Object.fromEntries(flamParamNames.map((name) => [name, weight(name)])) as FlamParams;
  const moments = new Map([...weights].map(([name, { shape }]) => [name, [zeros(shape), zeros(shape)] as const]));

  const linear = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
    tf.add(tf.matMul(x, weight(name)), weight(`${name}Bias`));
  const loss = ({ frames, mask, targets, labels }: Batch): tf.Scalar => {
    const project = { weight: weight('h'), bias: weights.get('hBias') as tf.Variable<tf.Rank.R1> };
    const { pooled, frames: h } = flam(params, frames, mask, { heads, project });
    const z = linear(pooled, 'z');
    const logits = linear(z, 'classifier');
    const context = contextBroadcast(h, mask);
    const tile = provider === 'cpu' ? {} : { tile: supconTile(mask.size, tileBytes) };
    return tf.addN([
      klDivergence(logits, targets),
      focalLoss(logits, targets),
      centerLoss(z, labels, weight('centers')),
      supervisedContrastive(context, labels, mask, { temperature, classes: targets.shape[1], ...tile }),
    ]);
  };
  return (batch) => {
    const { value, grads } = tf.variableGrads(() => loss(batch));
    const [scale, floor, modelRate, centerRate] = tf.unstack(batch.adam) as [
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
      tf.Scalar,
    ];
    for (const [name, gradient] of Object.entries(grads)) {
      const [first, second] = moments.get(name)!;
      const rate = name === 'centers' ? centerRate : modelRate;
      applyAdam({ value: weights.get(name)!, first, second }, gradient, { rate, scale, floor });
    }
    return { loss: value };
  };
}

const zeros = (shape: number[]): tf.Variable => variableOf(tf.zeros(shape), false);

export function createBatch(problem: ReadonlyMap<string, Values>): Omit<Batch, 'adam'> {
  const tensor = (name: string): tf.Tensor => tf.tensor(problem.get(name)!.values, problem.get(name)!.shape);
  const [batch, frames] = problem.get('frames')!.shape;
  return {
    frames: tensor('frames') as tf.Tensor3D,
    mask: tf.ones<tf.Rank.R2>([batch!, frames!]),
    targets: tensor('targets') as tf.Tensor2D,
    labels: tf.tensor1d(problem.get('labels')!.values, 'int32'),
  };
}

/** What update `step`, counted from 1, takes beside the batch. */
export function createControls(step: number): Pick<Batch, 'adam'> {
  const { scale, floor } = biasCorrections(step);
  return { adam: tf.tensor1d([scale, floor, 1e-4, 5e-3]) };
}
