/**
 * How long compiling takes for longer and longer functions: y ← tanh(y · w), repeated, with its gradient and an update.
 * `node --conditions=@ser/source --import tsx packages/onnx-jit/bench/compile-time.ts [STEPS…]`; processor time, which
 * other programs on the machine disturb little.
 */
import * as tf from '@tensorflow/tfjs';
import { jit } from '../src/index';

async function compileSeconds(steps: number): Promise<number> {
  const weights = tf.variable(tf.fill([64], 1.001));
  const chain = (x: tf.Tensor): tf.Scalar => {
    let y = x;
    for (let i = 0; i < steps; i++) y = tf.tanh(tf.mul(y, weights));
    return tf.sum(y);
  };
  const optimizer = tf.train.sgd(0.01);
  const step = jit((x: tf.Tensor) => optimizer.minimize(() => chain(x), true, [weights]));
  const start = process.cpuUsage();
  await step.compile(tf.ones([64]));
  const { user, system } = process.cpuUsage(start);
  await step.dispose();
  weights.dispose();
  return (user + system) / 1e6;
}

await tf.setBackend('cpu');
const lengths = process.argv.slice(2).map(Number);
await compileSeconds(100); // what is done once a process
for (const steps of lengths.length > 0 ? lengths : [500, 1000, 2000]) {
  const seconds = await compileSeconds(steps);
  const each = (1000 * seconds) / steps;
  console.log(`${String(steps).padStart(6)} steps ${seconds.toFixed(2).padStart(6)} s  ${each.toFixed(2)} ms each`);
}
