/**
 * Supervised contrastive loss with its gradient, tiled and dense: time, and the most bytes in tensors at once.
 * `npx nx run losses-mll:bench`, or with frame counts of your own: `-- --frames=1000,4000`.
 *
 * This is tfjs's plain JavaScript backend, which every install has. Compiled by @ser/onnx-jit the same function is far
 * faster: see the package's README.
 */
import * as tf from '@tensorflow/tfjs';
import { supervisedContrastive } from '../src/index';

const dimensions = 64;
const utterances = 10;
const classes = 4;
const denseUpTo = 1000;

const asked = process.argv.find((argument) => argument.startsWith('--frames='))?.slice('--frames='.length);
const sizes = (asked ?? '500,1000,2000').split(',').map(Number);

/** Eq. 10 as one would first write it: the N × N scores and their masks as tensors, the gradient by autodiff. */
function dense(frames: tf.Tensor3D, labels: tf.Tensor1D): tf.Scalar {
  const count = frames.size / dimensions;
  const rows: tf.Tensor2D = tf.reshape(frames, [count, dimensions]);
  const unit: tf.Tensor2D = tf.div(rows, tf.norm(rows, 2, 1, true));
  const index = tf.range(0, count, 1, 'int32');
  const self = tf.cast(tf.equal(tf.expandDims(index, 1), tf.expandDims(index, 0)), 'float32');
  const label = tf.reshape(tf.tile(tf.expandDims(labels, 1), [1, count / utterances]), [count]);
  const same = tf.cast(tf.equal(tf.expandDims(label, 1), tf.expandDims(label, 0)), 'float32');
  const positive = tf.sub(same, self);
  const scores = tf.sub(tf.div(tf.matMul(unit, unit, false, true), 0.1), tf.mul(self, 1e9));
  const each = tf.div(tf.sum(tf.mul(tf.logSoftmax(scores), positive), 1), tf.sum(positive, 1));
  return tf.neg(tf.mean<tf.Scalar>(each));
}

async function measure(name: string, count: number, loss: (frames: tf.Tensor3D) => tf.Scalar): Promise<void> {
  const frames = tf.randomNormal<tf.Rank.R3>([utterances, count / utterances, dimensions], 0, 1, 'float32', 1);
  const gradient = tf.valueAndGrad((x) => loss(x as tf.Tensor3D));
  const run = (): void => tf.tidy(() => void gradient(frames));
  const before = tf.memory().numBytes;
  const { peakBytes } = await tf.profile(() => tf.tidy(() => gradient(frames).value));
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const megabytes = (peakBytes - before) / 1e6;
  console.log(
    `${name.padEnd(6)} N = ${String(count).padStart(5)}   ${(times[1] ?? NaN).toFixed(0).padStart(6)} ms` +
      `   ${megabytes.toFixed(1).padStart(7)} MB at the peak (one N × N matrix: ${((4 * count ** 2) / 1e6).toFixed(1)})`,
  );
  frames.dispose();
}

await tf.setBackend('cpu');
const labels = tf.tensor1d(
  Array.from({ length: utterances }, (_, b) => b % classes),
  'int32',
);
for (const count of sizes) {
  const mask = tf.ones<tf.Rank.R2>([utterances, count / utterances]);
  await measure('tiled', count, (frames) => supervisedContrastive(frames, labels, mask, { classes, tile: 100 }));
  if (count <= denseUpTo) await measure('dense', count, (frames) => dense(frames, labels));
}
