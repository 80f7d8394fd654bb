import { jit } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { createTraining } from '../../../examples/train-in-a-page/model';

export interface Measured {
  /** Median of the steps. */
  readonly milliseconds: number;
  /** The loss of the last step. */
  readonly loss: number;
}

/** @param side `compiled-cpu` or `compiled-webgpu`, else one of tfjs's backends */
export async function measure(side: string, steps: number): Promise<Measured> {
  const compiled = side.startsWith('compiled-');
  await tf.setBackend(compiled ? 'cpu' : side);
  await tf.ready();
  const { step, input } = createTraining({ batch: 8, time: 100, dim: 128 });
  const compiledStep = compiled ? jit(step, { provider: side === 'compiled-webgpu' ? 'webgpu' : 'cpu' }) : null;
  const times: number[] = [];
  let loss = NaN;
  for (let i = 0; i < steps + 2; i++) {
    const start = performance.now();
    const result = compiledStep ? await compiledStep(input) : tf.tidy(() => step(input));
    loss = Number((await result.loss.data())[0]);
    times.push(performance.now() - start);
    tf.dispose(result.loss);
  }
  const sorted = times.slice(2).sort((a, b) => a - b);
  return { milliseconds: sorted[Math.floor(sorted.length / 2)] ?? NaN, loss };
}
