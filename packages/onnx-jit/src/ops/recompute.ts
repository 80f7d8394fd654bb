import * as tf from '@tensorflow/tfjs-core';
import { isTracing, runTraceKernel } from '../record/trace-name';

export const BARRIER = 'SerBarrier';

/**
 * Runs a function whose intermediate results are not kept for the backward pass but computed again in it:
 * less memory for more arithmetic (activation checkpointing).
 *
 * @param fn pure function of the given tensors; everything that needs a gradient must be among them
 * @param inputs tensors or variables given to `fn`
 * @returns what `fn` returns
 */
export function recompute<T extends tf.Tensor>(fn: (...inputs: tf.Tensor[]) => T, inputs: readonly tf.Tensor[]): T {
  const forward = tf.customGrad((...args) => {
    const save = args.pop();
    const tensors = args.filter((arg): arg is tf.Tensor => arg instanceof tf.Tensor);
    if (typeof save === 'function') save(tensors);
    return {
      value: fn(...tensors),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(fn, saved, dy),
    };
  });
  return forward(...inputs);
}

function gradients(fn: (...inputs: tf.Tensor[]) => tf.Tensor, saved: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  // tfjs keeps one tape: the inner gradients would clear the tape of the pass that is under way.
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return tf.grads(fn)(
      saved.map((x) => after(x, dy)),
      dy,
    );
  } finally {
    state.activeTape = tape;
  }
}

/** x, but in the compiled graph only available once `first` is: keeps the optimiser from merging both computations. */
function after(x: tf.Tensor, first: tf.Tensor): tf.Tensor {
  if (!isTracing()) return x;
  const [y] = runTraceKernel(BARRIER, { x, first });
  if (!y) throw new Error('recompute: no output');
  return y;
}
