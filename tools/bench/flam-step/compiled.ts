/** One side of the bench, a process of its own: `compiled.ts FOLDER --steps N --warmup N --threads N --provider P`. */
import { parseArgs } from 'node:util';
import { jit, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { readProblem } from './problem';
import { createBatch, createStep } from './step';
import { timeSteps } from './time-steps';

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
const sample = await timeSteps(step, batch, { steps: Number(options.steps), warmup: Number(options.warmup) });
await step.dispose();
console.log(JSON.stringify(sample));
