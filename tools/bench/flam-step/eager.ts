/** The same tfjs program run eagerly, a process of its own: `eager.ts FOLDER --backend wasm|cpu`. One step, not warm. */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { readProblem } from './problem';
import { createBatch, createControls, createStep } from './step';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'wasm' } },
});
if (options.backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
if (!(await tf.setBackend(options.backend))) throw new Error(`the tfjs backend ${options.backend} does not start`);
const problem = readProblem(positionals[0]!);
const step = createStep(problem);
const batch = { ...createBatch(problem), ...createControls(1) };
const start = performance.now();
const { loss } = step(batch);
const losses = [(await loss.data())[0]!];
const seconds = [(performance.now() - start) / 1000];
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ losses, seconds, peakBytes, version: tf.version.tfjs }));
