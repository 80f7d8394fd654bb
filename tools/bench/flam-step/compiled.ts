/** One side of the bench, a process of its own: `compiled.ts FOLDER --steps N --warmup N --threads N --provider P`. */
import { parseArgs } from 'node:util';
import { jit, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { readProblem } from './problem';
import { createBatch, createControls, createStep } from './step';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    provider: { type: 'string', default: 'cpu' },
  },
});
await tf.setBackend('cpu');
const problem = readProblem(positionals[0]!);
const provider = options.provider as Provider;
const step = jit(createStep(problem, provider), { provider, threads: Number(options.threads) });
const batch = createBatch(problem);
problem.clear();
const losses: number[] = [];
const seconds: number[] = [];
const warmup = Number(options.warmup);
for (let index = 0; index < warmup + Number(options.steps); index++) {
  const start = performance.now();
  const controls = createControls(index + 1);
  const { loss } = await step({ ...batch, ...controls });
  losses.push((await loss.data())[0]!);
  seconds.push((performance.now() - start) / 1000);
  tf.dispose([loss, controls]);
}
await step.dispose();
console.log(
  JSON.stringify({
    losses,
    firstSeconds: seconds[0],
    seconds: seconds.slice(warmup),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
);
