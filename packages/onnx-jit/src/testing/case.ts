import * as tf from '@tensorflow/tfjs';
import type { Sample } from './sample';
import { makeTensor } from './sample';

/** One use of tfjs that must give the same compiled as eager. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly Sample[];
  readonly fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Why no gradient is compared; absent: the gradient of every float32 input is. */
  readonly noGradient?: string;
  /** Largest |a − b| / |b| beside `absolute`; 1e-5 when absent. A case that sets it says why. */
  readonly relative?: number;
  readonly absolute?: number;
}

/** A case with its tensors, as one function of them that gives values and gradients. */
export interface Program {
  readonly inputs: tf.Tensor[];
  readonly run: (inputs: tf.Tensor[]) => { values: tf.Tensor[]; gradients: tf.Tensor[] };
}

const asList = (result: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(result) ? result : [result]);

/**
 * Turns a case into a program of its inputs and, after them, one random dL/dy for every output. The shapes of
 * the outputs come from running the case once.
 */
export function programOf({ inputs: samples, fn, noGradient }: Case): Program {
  const inputs = samples.map(makeTensor);
  const outputs = tf.tidy(() => asList(fn(...inputs)).map((y) => ({ shape: y.shape, dtype: y.dtype })));
  const differentiated = inputs.map((x) => x.dtype === 'float32');
  if (noGradient !== undefined || !differentiated.includes(true)) {
    return { inputs, run: (x) => ({ values: asList(fn(...x)), gradients: [] }) };
  }
  const slopes = outputs.map(({ shape }, i) =>
    makeTensor({ shape, dtype: 'float32', next: (random) => 2 * random() - 1 }, 100 + i),
  );
  const run = (all: tf.Tensor[]): { values: tf.Tensor[]; gradients: tf.Tensor[] } => {
    const x = all.slice(0, inputs.length);
    const dy = all.slice(inputs.length);
    const floating = x.filter((_, i) => differentiated[i]);
    // Sums of products with dL/dy join several outputs into one function for tfjs.
    const joined = (...given: tf.Tensor[]): tf.Tensor => {
      const rest = [...given];
      const ys = asList(fn(...x.map((t, i) => (differentiated[i] ? (rest.shift() ?? t) : t))));
      return tf.addN(ys.map((y, i) => tf.sum(tf.mul(y, dy[i] ?? 1))));
    };
    return { values: asList(fn(...x)), gradients: tf.grads(joined)(floating) };
  };
  return { inputs: [...inputs, ...slopes], run };
}
