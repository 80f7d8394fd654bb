/**
 * npm run bench -- nodes: how many nodes a training step runs on each provider of ONNX Runtime. A node costs a GPU some
 * ten microseconds whatever its size, so this is the figure to keep down there; it can be had without a GPU.
 */
import { parseArgs } from 'node:util';
import { countNodes, type Precision, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { createFinetuning } from '../../packages/frontend-wavlm/bench/wavlm-finetune';
import { wavlmBase } from '../../packages/frontend-wavlm/bench/shapes';
import { table } from '../table';
import { createProblem } from './flam-step/problem';
import { createBatch, createControls, createStep } from './flam-step/step';

export const help = `npm run bench -- nodes
  nodes that a training step runs on each provider; nothing is run`;

const columns: readonly (readonly [Provider, Precision])[] = [
  ['cpu', 'float32'],
  ['webgpu', 'float32'],
  ['cuda', 'float32'],
  ['cuda', 'mixed'],
];

/** Of the flam step at batch 16, D 1024. */
export function flamNodes(frames: number, provider: Provider, precision: Precision = 'float32'): number {
  const problem = createProblem({ batch: 16, frames, dim: 1024 });
  const step = createStep(problem, provider);
  try {
    return countNodes(step, [{ ...createBatch(problem), ...createControls(1) }], provider, precision);
  } finally {
    tf.disposeVariables();
  }
}

/** Of fine-tuning WavLM Base but for its convolutions on 16 × 3 s; narrower, it has the same nodes and is made at once. */
export function wavlmNodes(provider: Provider, precision: Precision = 'float32', width = wavlmBase.hiddenSize): number {
  const config = { ...wavlmBase, hiddenSize: width, feedForward: 4 * width };
  const finetuning = createFinetuning({ config, batch: 16, samples: 48_000 });
  try {
    return countNodes(finetuning.step, [finetuning.input(1)], provider, precision);
  } finally {
    finetuning.dispose();
  }
}

export async function nodes(args: readonly string[]): Promise<void> {
  parseArgs({ args: [...args], options: {} });
  await tf.setBackend('cpu');
  const row = (name: string, count: (provider: Provider, precision: Precision) => number): string[] => [
    name,
    ...columns.map(([provider, precision]) => `${count(provider, precision)}`),
  ];
  const rows = [
    row('flam-step, 16 × 150 × 1024', (...how) => flamNodes(150, ...how)),
    row('flam-step, 16 × 250 × 1024', (...how) => flamNodes(250, ...how)),
    row('WavLM Base fine-tuning, 16 × 3 s', (...how) => wavlmNodes(...how)),
  ];
  const titles = columns.map(([provider, precision]) => (precision === 'mixed' ? `${provider}, mixed` : provider));
  console.log(table(['nodes of a step', ...titles], rows));
}
