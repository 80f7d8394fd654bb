import * as tf from '@tensorflow/tfjs';
import type { Model } from '../model/model';
import type { OptimizerState } from '../training/step';

/** Runs `use` with the averaged weights in place of the present ones; where no average is kept, with those there are. */
export async function withAverage<T>(model: Model, state: OptimizerState, use: () => Promise<T>): Promise<T> {
  swapAverage(model, state);
  try {
    return await use();
  } finally {
    swapAverage(model, state);
  }
}

/** Exchanges the weights and their averages. */
export function swapAverage(model: Model, state: OptimizerState): void {
  for (const { name, variable } of model.trainable) {
    const average = state.get(`average.${name}`);
    if (!average) continue;
    tf.tidy(() => {
      const present = tf.clone(variable);
      variable.assign(tf.clone(average));
      average.assign(present);
    });
  }
}
