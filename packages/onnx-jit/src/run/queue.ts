import type * as ort from '#onnxruntime';
import type * as tf from '@tensorflow/tfjs-core';
import { tensorType } from '../graph/graph';
import type { CompiledStep } from './compile';
import type { Reader } from './read-back';
import { runKeepingResults } from './run-step';
import type { Store } from './store';
import { toTensor, wrapData } from './tensors';

/**
 * Runs a step once for each batch where states stay on the device: the runs are handed to the device one after the other,
 * their results stay there, and all are read together at the end.
 *
 * @param step compiled with its results on the device
 * @returns for each step, one tensor for each result; they belong to the caller
 */
export async function runQueued(
  step: CompiledStep,
  batches: readonly (readonly tf.Tensor[])[],
  store: Store,
  reader: Reader,
): Promise<tf.Tensor[][]> {
  const all: (readonly ort.Tensor[])[] = [];
  for (const batch of batches) all.push(await runKeepingResults(step, batch, store));
  const numbers = await reader.read(all.flat());
  for (const tensor of all.flat()) if (tensor.location === 'gpu-buffer') tensor.dispose();
  const { results } = step.trace;
  return all.map((_, i) =>
    results.map((value, k) => {
      const data = numbers[i * results.length + k];
      if (!data) throw new Error('a result did not come back');
      return toTensor(wrapData(data, tensorType(value.dtype), value.shape), value);
    }),
  );
}
