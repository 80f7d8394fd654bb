/**
 * A training step (loss, gradients, Adam) compiled by `jit` beside the same step run eagerly on tfjs's CPU backend:
 * median seconds a step. `npx nx run onnx-jit:bench`; `-- --json FILE` writes the numbers.
 */
import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';
import { gelu, jit, layerNorm } from '../src/index';

interface Problem {
  readonly name: string;
  readonly inputs: { readonly x: tf.Tensor; readonly y: tf.Tensor };
  readonly variables: tf.Variable[];
  readonly loss: (x: tf.Tensor, y: tf.Tensor) => tf.Scalar;
}

const weight = (rows: number, columns: number): tf.Variable =>
  tf.variable(tf.randomNormal([rows, columns], 0, 1 / Math.sqrt(rows), 'float32', 1));
const rows = (x: tf.Tensor, features: number): tf.Tensor2D => tf.reshape(x, [-1, features]);
const matMul = (x: tf.Tensor2D, w: tf.Variable): tf.Tensor2D => tf.matMul(x, w as tf.Tensor2D);

/** Three layers on a batch of 64. */
function perceptron(): Problem {
  const [first, second, third] = [weight(256, 512), weight(512, 512), weight(512, 10)];
  const labels = Int32Array.from({ length: 64 }, (_, i) => i % 10);
  return {
    name: 'perceptron 256-512-512-10, batch 64',
    inputs: { x: tf.randomNormal([64, 256]), y: tf.oneHot(tf.tensor1d(labels, 'int32'), 10) },
    variables: [first, second, third],
    loss: (x, y) => {
      const hidden = tf.relu(matMul(tf.relu(matMul(rows(x, 256), first)), second));
      return tf.neg<tf.Scalar>(
        tf.mean<tf.Scalar>(tf.sum(tf.mul(tf.cast(y, 'float32'), tf.logSoftmax(matMul(hidden, third))), 1)),
      );
    },
  };
}

/** A transformer block of 128 features and 4 heads on 4 sequences of 64. */
function transformer(): Problem {
  const [batch, time, dim, heads] = [4, 64, 128, 4];
  const [query, key, value, output] = [weight(dim, dim), weight(dim, dim), weight(dim, dim), weight(dim, dim)];
  const [up, down] = [weight(dim, 4 * dim), weight(4 * dim, dim)];
  const [gamma, beta] = [tf.variable(tf.ones([dim])), tf.variable(tf.zeros([dim]))];
  return {
    name: 'transformer block, 4 × 64 × 128',
    inputs: { x: tf.randomNormal([batch, time, dim]), y: tf.randomNormal([batch, time, dim]) },
    variables: [query, key, value, output, up, down, gamma, beta],
    loss: (x, y) => {
      const split = (w: tf.Variable): tf.Tensor4D =>
        tf.transpose(tf.reshape(matMul(rows(x, dim), w), [batch, time, heads, dim / heads]), [0, 2, 1, 3]);
      const scores = tf.softmax(tf.mul(tf.matMul(split(query), split(key), false, true), 1 / Math.sqrt(dim / heads)));
      const joined = tf.transpose(tf.matMul(scores, split(value)), [0, 2, 1, 3]);
      const attended = layerNorm(tf.add<tf.Tensor2D>(rows(x, dim), matMul(rows(joined, dim), output)), gamma, beta);
      const fed = tf.add(attended, matMul(gelu(matMul(attended, up)), down));
      return tf.mean(tf.square(tf.sub(tf.reshape(fed, y.shape), y)));
    },
  };
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

async function time(steps: number, step: () => Promise<tf.Tensor>): Promise<number> {
  for (let i = 0; i < 2; i++) (await step()).dispose();
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    const loss = await step();
    await loss.data();
    times.push((performance.now() - start) / 1000);
    loss.dispose();
  }
  return median(times);
}

async function measure({ name, inputs, variables, loss }: Problem) {
  const train = (optimizer: tf.Optimizer, x: tf.Tensor, y: tf.Tensor): tf.Scalar => {
    const { value, grads } = tf.variableGrads(() => loss(x, y), variables);
    optimizer.applyGradients(Object.entries(grads).map(([key, tensor]) => ({ name: key, tensor })));
    return value;
  };
  const [optimizer, eagerOptimizer] = [tf.train.adam(1e-3), tf.train.adam(1e-3)];
  const step = jit(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => ({ loss: train(optimizer, x, y) }));
  const start = performance.now();
  await step.compile(inputs);
  const compile = (performance.now() - start) / 1000;
  const compiled = await time(30, async () => (await step(inputs)).loss);
  await step.dispose();
  const eager = await time(5, () => Promise.resolve(tf.tidy(() => train(eagerOptimizer, inputs.x, inputs.y))));
  return { name, compile, compiled, eager, ratio: eager / compiled };
}

await tf.setBackend('cpu');
const results = [await measure(perceptron()), await measure(transformer())];
const ms = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`.padStart(11);
console.log(
  `${'training step'.padEnd(38)}${'compiled'.padStart(11)}${'tfjs cpu'.padStart(11)}   times  (compiling once)`,
);
for (const r of results) {
  console.log(`${r.name.padEnd(38)}${ms(r.compiled)}${ms(r.eager)}${r.ratio.toFixed(0).padStart(8)}  ${ms(r.compile)}`);
}
const file = process.argv[process.argv.indexOf('--json') + 1];
if (process.argv.includes('--json') && file) writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
