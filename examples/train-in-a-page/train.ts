import { jit, type Provider } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs-core';
import { createTraining } from './model';

/** Trains in ONNX Runtime; prints the loss of every fifth step. */
export async function train(steps: number, provider: Provider, print: (line: string) => void): Promise<void> {
  const training = createTraining();
  const step = jit(training.step, { provider });
  for (let count = 1; count <= steps; count++) {
    const { loss } = await step(training.input);
    if (count % 5 === 0) print(`step ${count}: loss ${(await loss.data())[0]!.toPrecision(8)}`);
    tf.dispose(loss);
  }
  await step.dispose();
  training.dispose();
}
