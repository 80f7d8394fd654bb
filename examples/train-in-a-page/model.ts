/**
 * A small model of the paper: FLAM over frames, a classifier, and the four losses with context broadcasting, trained by
 * Adam. The step is plain tfjs; whoever runs it compiles it or not.
 */
import { centerLoss, contextBroadcast, focalLoss, klDivergence, supervisedContrastive } from '@ser/losses-mll';
import { flam, flamParamNames, initFlam, type FlamParamName } from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs-core';

const [projected, classes] = [16, 4];

export interface Sizes {
  /** Utterances in a batch. */
  readonly batch: number;
  /** Frames of each. */
  readonly time: number;
  /** Features of a frame; a multiple of 4. */
  readonly dim: number;
}

export interface Training {
  /** One update of all variables. */
  readonly step: (input: { readonly frames: tf.Tensor; readonly labels: tf.Tensor }) => { readonly loss: tf.Tensor };
  /** Frames [batch, time, features] of utterances whose class shows in some features, and their labels [batch]. */
  readonly input: { readonly frames: tf.Tensor; readonly labels: tf.Tensor };
  /** Frees the variables. */
  dispose(): void;
}

/** The same first values and the same data everywhere. */
export function createTraining({ batch, time, dim }: Sizes = { batch: 8, time: 24, dim: 32 }): Training {
  let state = 7;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const numbers = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * (2 * random() - 1));
  const weight = (rows: number, columns: number): tf.Variable<tf.Rank.R2> =>
    tf.variable(tf.tensor2d(numbers(rows * columns, 1 / Math.sqrt(rows)), [rows, columns]));

  const initial = initFlam(dim, random, { heads: 4 });
  const params = Object.fromEntries(
    flamParamNames.map((name) => [name, tf.variable(tf.tensor(initial[name].values, [...initial[name].shape]))]),
  ) as Record<FlamParamName, tf.Variable>;
  const [project, classify, contrast, centers] = [
    weight(dim, projected),
    weight(projected, classes),
    weight(dim, projected),
    weight(classes, projected),
  ];
  const variables = [...Object.values(params), project, classify, contrast, centers];
  const optimizer = tf.train.adam(0.01, 0.9, 0.999, 1e-7);

  const lossOf = (frames: tf.Tensor3D, labels: tf.Tensor1D): tf.Scalar => {
    const mask = tf.ones<tf.Rank.R2>([batch, time]);
    const pooling = flam(params, frames, mask, { heads: 4 });
    const embeddings = tf.matMul(pooling.pooled, project) as tf.Tensor2D;
    const logits = tf.matMul(embeddings, classify) as tf.Tensor2D;
    const targets = tf.cast(tf.oneHot(labels, classes), 'float32') as tf.Tensor2D;
    const rows = tf.matMul(tf.reshape<tf.Rank.R2>(pooling.frames, [batch * time, dim]), contrast);
    const contrasted = contextBroadcast(tf.reshape<tf.Rank.R3>(rows, [batch, time, projected]), mask);
    const losses = [
      klDivergence(logits, targets),
      focalLoss(logits, targets),
      tf.mul(0.1, centerLoss(embeddings, labels, centers)),
      tf.mul(0.2, supervisedContrastive(contrasted, labels, mask, { classes })),
    ];
    return tf.addN(losses) as tf.Scalar;
  };

  const labels = Int32Array.from({ length: batch }, (_, b) => b % classes);
  const values = numbers(batch * time * dim, 1).map((noise, i) => {
    const [b, feature] = [Math.floor(i / (time * dim)), i % dim];
    return noise + (feature % classes === labels[b] ? 0.3 : 0);
  });
  const input = { frames: tf.tensor3d(values, [batch, time, dim]), labels: tf.tensor1d(labels, 'int32') };
  return {
    step: ({ frames, labels: wanted }) => {
      const { value, grads } = tf.variableGrads(() => lossOf(frames as tf.Tensor3D, wanted as tf.Tensor1D), variables);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return { loss: value };
    },
    input,
    dispose: () => {
      optimizer.dispose();
      tf.dispose([variables, input]);
    },
  };
}
