/**
 * An image classifier in plain tfjs that has nothing to do with speech. Its loss is cross-entropy plus the center loss
 * and the supervised contrastive loss of `@ser/losses-mll`. One image is one "frame" to the contrastive loss.
 */
import { centerLoss, supervisedContrastive } from '@ser/losses-mll';
import * as tf from '@tensorflow/tfjs';
import { classes, draw, size } from './drawings';

const batch = 32;
const dimensions = 16;

export interface Result {
  /** Share of new drawings that are classified right. */
  readonly accuracy: number;
  /** Mean distance of an embedding from its center over the mean distance between centers. */
  readonly spread: number;
}

export function train(steps: number, report: (line: string) => void): Result {
  let state = 11;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

  const body = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [size, size, 1],
        filters: 8,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: dimensions, kernelInitializer: tf.initializers.heNormal({ seed: 2 }) }),
    ],
  });
  const head = tf.layers.dense({ units: classes.length, kernelInitializer: tf.initializers.heNormal({ seed: 3 }) });
  const centers = tf.variable(tf.randomNormal<tf.Rank.R2>([classes.length, dimensions], 0, 0.1, 'float32', 4));
  const mask = tf.ones<tf.Rank.R2>([batch, 1]);

  const optimizer = tf.train.adam(0.01);
  for (let step = 1; step <= steps; step++) {
    const drawn = draw(batch, random);
    const images = tf.tensor4d(drawn.images, [batch, size, size, 1]);
    const labels = tf.tensor1d(drawn.labels, 'int32');
    const loss = optimizer.minimize(() => {
      const embeddings = body.apply(images) as tf.Tensor2D;
      const logits = head.apply(embeddings) as tf.Tensor2D;
      const frames = tf.reshape(embeddings, [batch, 1, dimensions]) as tf.Tensor3D;
      return tf
        .addN([
          tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes.length), logits),
          tf.mul(0.1, supervisedContrastive(frames, labels, mask, { classes: classes.length })),
          tf.mul(0.01, centerLoss(embeddings, labels, centers)),
        ])
        .asScalar();
    }, true)!;
    if (step % 20 === 0) report(`step ${step}: loss ${loss.dataSync()[0]!.toFixed(3)}`);
    tf.dispose([images, labels, loss]);
  }

  return tf.tidy(() => {
    const fresh = draw(200, random);
    const embeddings = body.apply(tf.tensor4d(fresh.images, [200, size, size, 1])) as tf.Tensor2D;
    const labels = tf.tensor1d(fresh.labels, 'int32');
    const right = tf.equal(tf.argMax(head.apply(embeddings) as tf.Tensor2D, 1), labels);
    const apart = tf.norm(tf.sub(tf.expandDims(centers, 0), tf.expandDims(centers, 1)), 2, 2);
    const off = tf.norm(tf.sub(embeddings, tf.gather(centers, labels)), 2, 1);
    const between = apart.sum().dataSync()[0]! / (classes.length * (classes.length - 1));
    return { accuracy: right.mean().dataSync()[0]!, spread: off.mean().dataSync()[0]! / between };
  });
}
