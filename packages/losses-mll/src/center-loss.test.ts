import * as tf from '@tensorflow/tfjs';
import { relativeError } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { toTensor } from '../../../tools/test-support/tensors';
import { gradientError, randomTensor } from '../../../tools/test-support/random';
import { centerLoss } from './center-loss';
import { InputError } from './input-error';

interface GoldenCenter {
  embeddings: GoldenArray;
  centers: GoldenArray;
  labels: number[];
  value: number;
  grad_embeddings: GoldenArray;
  grad_centers: GoldenArray;
}

describeGolden<{ center: GoldenCenter[] }>('losses-flam.json', ({ center }) => {
  it.each(center)('center loss, $embeddings.shape, within 1e-5', (golden) => {
    const labels = tf.tensor1d(golden.labels, 'int32');
    const loss = (z: tf.Tensor, c: tf.Tensor): tf.Scalar => centerLoss(z as tf.Tensor2D, labels, c as tf.Tensor2D);
    const { value, grads } = tf.valueAndGrads(loss)([toTensor(golden.embeddings), toTensor(golden.centers)]);
    const [embeddings, centers] = grads as [tf.Tensor, tf.Tensor];
    expect(relativeError(value, [golden.value])).toBeLessThan(1e-5);
    expect(relativeError(embeddings, golden.grad_embeddings.data)).toBeLessThan(1e-5);
    expect(relativeError(centers, golden.grad_centers.data)).toBeLessThan(1e-5);
  });
});

describe('centerLoss', () => {
  const labels = tf.tensor1d([2, 0, 2], 'int32');

  it('is 0 when every embedding lies on its center', () => {
    const centers = randomTensor<tf.Tensor2D>([4, 5], 1);
    const embeddings = tf.gather(centers, labels) as tf.Tensor2D;
    expect(centerLoss(embeddings, labels, centers).dataSync()[0]).toBe(0);
  });

  it('has the gradients of its finite differences, and none for a center without an utterance', () => {
    const embeddings = randomTensor<tf.Tensor2D>([3, 5], 2);
    const centers = randomTensor<tf.Tensor2D>([4, 5], 3);
    expect(gradientError((z) => centerLoss(z as tf.Tensor2D, labels, centers), embeddings)).toBeLessThan(1e-3);
    expect(gradientError((c) => centerLoss(embeddings, labels, c as tf.Tensor2D), centers)).toBeLessThan(1e-3);
    const grad = tf.grad((c) => centerLoss(embeddings, labels, c as tf.Tensor2D))(centers);
    expect(
      grad
        .slice([1], [1])
        .dataSync()
        .every((g) => g === 0),
    ).toBe(true);
  });

  it('refuses wrong shapes and types', () => {
    const z = tf.zeros<tf.Rank.R2>([3, 5]);
    expect(() => centerLoss(z, labels, tf.zeros([4, 6]))).toThrow(
      new InputError('centers must be [classes, dimensions = 5], got [4, 6]'),
    );
    expect(() => centerLoss(z, tf.tensor1d([0, 1], 'int32'), tf.zeros([4, 5]))).toThrow(
      new InputError('labels must be [batch = 3], got [2]'),
    );
    expect(() => centerLoss(z, tf.tensor1d([0, 1, 2]), tf.zeros([4, 5]))).toThrow(
      new InputError('labels must be int32, got float32'),
    );
  });
});
