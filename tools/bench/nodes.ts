/**
 * npm run bench -- nodes: how many nodes a training step runs on each provider of ONNX Runtime. A node costs a GPU some
 * ten microseconds whatever its size, so this is the figure to keep down there; it can be had without a GPU.
 */
import { parseArgs } from 'node:util';
import { countNodes, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { createFinetuning } from '../../packages/frontend-wavlm/bench/wavlm-finetune';
import { wavlmBase } from '../../packages/frontend-wavlm/bench/shapes';
import { table } from '../table';
import { createProblem } from './flam-step/problem';
import { createBatch, createControls, createStep } from './flam-step/step';

export const help = `npm run bench -- nodes
  nodes that a training step runs on each provider; nothing is run`;

const providers: readonly Provider[] = ['cpu', 'webgpu', 'cuda'];

/** Of the flam step at batch 16, D 1024. */
export function flamNodes(frames: number, provider: Provider): number {
  const problem = createProblem({ batch: 16, frames, dim: 1024 });
  const step = createStep(problem, provider);
  try {
    return countNodes(step, [{ ...createBatch(problem), ...createControls(1) }], provider);
  } finally {
    tf.disposeVariables();
  }
}

/** Of fine-tuning WavLM Base but for its convolutions on 16 × 3 s; narrower, it has the same nodes and is made at once. */
export function wavlmNodes(provider: Provider, width = wavlmBase.hiddenSize): number {
  const config = { ...wavlmBase, hiddenSize: width, feedForward: 4 * width };
  const finetuning = createFinetuning({ config, batch: 16, samples: 48_000 });
  try {
    return countNodes(finetuning.step, [finetuning.input(1)], provider);
  } finally {
    finetuning.dispose();
  }
}

export async function nodes(args: readonly string[]): Promise<void> {
  parseArgs({ args: [...args], options: {} });
  await tf.setBackend('cpu');
  const row = (name: string, count: (provider: Provider) => number): string[] => [
    name,
    ...providers.map((provider) => `${count(provider)}`),
  ];
  const rows = [
    row('flam-step, 16 × 150 × 1024', (provider) => flamNodes(150, provider)),
    row('flam-step, 16 × 250 × 1024', (provider) => flamNodes(250, provider)),
    row('WavLM Base fine-tuning, 16 × 3 s', (provider) => wavlmNodes(provider)),
  ];
  console.log(table(['nodes of a step', ...providers], rows));
}
