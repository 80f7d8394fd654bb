/**
 * The poolings with their gradients on tfjs's plain JavaScript backend, medians: `npx nx run pool-flam:bench`.
 * Small shapes: that backend is slow. The compiled step at full size is timed by `npm run bench -- flam-step`.
 */
import * as tf from '@tensorflow/tfjs';
import { flam, flamParamNames, initFlam, maxPool, meanPool, type FlamParamName, type PoolOutput } from '../src/index';

const [batch, time, dim, heads] = [4, 50, 128, 16];

await tf.setBackend('cpu');
let state = 1;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const initial = initFlam(dim, random, { heads });
const params = {} as Record<FlamParamName, tf.Variable>;
for (const name of flamParamNames) params[name] = tf.variable(tf.tensor(initial[name].values, initial[name].shape));
const frames = tf.randomNormal<tf.Rank.R3>([batch, time, dim], 0, 1, 'float32', 1);
const mask = tf.ones<tf.Rank.R2>([batch, time]);

/** Median milliseconds of five runs after one to warm up. */
function median(run: () => void): number {
  tf.tidy(run);
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    tf.tidy(run);
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[2] ?? NaN;
}

const poolings: [string, (x: tf.Tensor3D) => PoolOutput][] = [
  ['flam', (x) => flam(params, x, mask, { heads })],
  ['meanPool', (x) => meanPool(x, mask)],
  ['maxPool', (x) => maxPool(x, mask)],
];
console.log(`batch ${batch}, ${time} frames, ${dim} features, ${heads} heads`);
for (const [name, pool] of poolings) {
  const forward = median(() => void pool(frames));
  const loss = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(pool(x as tf.Tensor3D).pooled));
  const both = median(() => void tf.grad(loss)(frames));
  console.log(`${name.padEnd(9)} forward ${forward.toFixed(1)} ms   forward and backward ${both.toFixed(1)} ms`);
}
