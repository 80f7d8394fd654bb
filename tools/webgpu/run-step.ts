/** Steps of FLAM with all four losses and Adam, compiled for the provider named on the command line. */
import { jit, type Provider } from '@ser/onnx-jit';
import { centerLoss, contextBroadcast, focalLoss, klDivergence, supervisedContrastive } from '@ser/losses-mll';
import { flam, flamParamNames, initFlam, type FlamParamName } from '@ser/pool-flam';
import * as tf from '@tensorflow/tfjs';
import { placementsOf } from '../../packages/onnx-jit/src/testing/placement';

const [batch, frames, dim, heads, classes, size] = [3, 5, 8, 2, 4, 6];

let state = 1;
const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const numbers = (...shape: number[]): tf.Tensor => {
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() - 0.5);
  return tf.tensor(values, shape);
};

await tf.setBackend('cpu');
const initial = initFlam(dim, random, { heads });
const params = {} as Record<FlamParamName, tf.Variable>;
for (const name of flamParamNames) {
  params[name] = tf.variable(tf.tensor(initial[name].values, initial[name].shape));
}
const heading = {
  embed: tf.variable(numbers(dim, size) as tf.Tensor2D),
  project: tf.variable(numbers(dim, size) as tf.Tensor2D),
  classify: tf.variable(numbers(size, classes) as tf.Tensor2D),
  centers: tf.variable(numbers(classes, size) as tf.Tensor2D),
};

function losses(x: tf.Tensor3D, mask: tf.Tensor2D, targets: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar[] {
  const { pooled, frames: refined } = flam(params, x, mask, { heads });
  const embedding: tf.Tensor2D = tf.matMul(pooled, heading.embed);
  const logits: tf.Tensor2D = tf.matMul(embedding, heading.classify);
  const rows: tf.Tensor2D = tf.matMul(tf.reshape(refined, [batch * frames, dim]), heading.project);
  const projected: tf.Tensor3D = tf.reshape(rows, [batch, frames, size]);
  return [
    klDivergence(logits, targets),
    focalLoss(logits, targets, { gamma: 2 }),
    centerLoss(embedding, labels, heading.centers),
    supervisedContrastive(contextBroadcast(projected, mask), labels, mask, { classes, tile: 7 }),
  ];
}

const out: number[][] = [];
const placed = await placementsOf(async (profile) => {
  const optimizer = tf.train.adam(0.01);
  const step = jit(
    (input: { x: tf.Tensor; mask: tf.Tensor; targets: tf.Tensor; labels: tf.Tensor }) => {
      const { x, mask, targets, labels } = input;
      let each: tf.Scalar[] = [];
      const { value, grads } = tf.variableGrads(() => {
        each = losses(x as tf.Tensor3D, mask as tf.Tensor2D, targets as tf.Tensor2D, labels as tf.Tensor1D).map(
          tf.keep,
        );
        return tf.addN(each);
      });
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return { total: value, each };
    },
    { provider: process.argv[2] as Provider, profile },
  );
  const input = {
    x: numbers(batch, frames, dim),
    mask: tf.tensor2d([
      [1, 1, 1, 1, 1],
      [1, 1, 1, 0, 0],
      [1, 1, 1, 1, 0],
    ]),
    targets: tf.tensor2d([
      [1, 0, 0, 0],
      [0, 0.3, 0.7, 0],
      [0.8, 0, 0, 0.2],
    ]),
    labels: tf.tensor1d([0, 2, 0], 'int32'),
  };
  for (let i = 0; i < 4; i++) {
    const { total, each } = await step(input);
    out.push([total, ...each].map((loss) => loss.dataSync()[0] ?? NaN));
  }
  await step.dispose();
});
process.stdout.write(`\n@report ${JSON.stringify({ losses: out, placed })}\n`);
