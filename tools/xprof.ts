import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { createProblem } from './bench/flam-step/problem';
import { createBatch, createStep } from './bench/flam-step/step';
const T = +(process.argv[2] ?? 150);
await tf.setBackend('cpu');
const problem = createProblem({ batch: 16, frames: T, dim: 1024 });
const step = jit(createStep(problem), { threads: 2, ...(process.argv[3] ? { profile: process.argv[3] } : {}) });
const batch = createBatch(problem);
for (let i = 0; i < 5; i++) {
  const t = performance.now(),
    c = process.cpuUsage();
  const { loss } = await step(batch);
  const l = (await loss.data())[0];
  const u = process.cpuUsage(c);
  console.log(i, l, 'wall', ((performance.now() - t) / 1000).toFixed(3), 'cpu', ((u.user + u.system) / 1e6).toFixed(3));
}
console.log('MB', (process.resourceUsage().maxRSS / 1024) | 0);
await step.dispose();
