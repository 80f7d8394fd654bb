/** The same tfjs program on tfjs-node, eagerly, a process of its own: `tfjs-node.ts FOLDER --steps N --warmup N --threads N`. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode } from '../../../packages/trainer/src/training/load-tfjs-node';
import { cachedFolder, tensorflowVersion } from '../../tfjs-node/build';
import { readProblem } from './problem';
import { createBatch, createStep } from './step';
import { timeSteps } from './time-steps';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
  },
});
if (!existsSync(cachedFolder())) {
  console.error('not built: npm run tfjs-node builds it');
  process.exit(1);
}
loadTfjsNode('@tensorflow/tfjs-node', Number(options.threads), cachedFolder());
if (!(await tf.setBackend('tensorflow'))) throw new Error('the tfjs backend tensorflow does not start');
const problem = readProblem(positionals[0]!);
const step = createStep(problem);
const batch = createBatch(problem);
problem.clear();
const tidy: typeof step = (inputs) => tf.tidy(() => step(inputs));
const sample = await timeSteps(tidy, batch, { steps: Number(options.steps), warmup: Number(options.warmup) });
console.log(JSON.stringify({ ...sample, version: tensorflowVersion }));
