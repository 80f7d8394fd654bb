import * as tf from '@tensorflow/tfjs';

export const beta1 = 0.9;
export const beta2 = 0.999;
const epsilon = 1e-8;

/** What changes from step to step; scalars, so that a compiled step takes them as inputs. */
export interface AdamControls {
  readonly rate: tf.Scalar;
  /** 1/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ). */
  readonly correction1: tf.Scalar;
  readonly correction2: tf.Scalar;
  /** 1 to learn; 0 leaves the moments as they are, for measuring losses before training. */
  readonly active: tf.Scalar;
}

export interface AdamState {
  readonly value: tf.Tensor;
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** One Adam update (Kingma and Ba) as a pure function of tensors. `decay` is decoupled weight decay. */
export function adam(state: AdamState, gradient: tf.Tensor, controls: AdamControls, decay = 0): AdamState {
  const { rate, correction1, correction2, active } = controls;
  const first = tf.add(state.first, tf.mul(tf.mul(active, 1 - beta1), tf.sub(gradient, state.first)));
  const second = tf.add(state.second, tf.mul(tf.mul(active, 1 - beta2), tf.sub(tf.square(gradient), state.second)));
  const direction = tf.div(tf.mul(first, correction1), tf.add(tf.sqrt(tf.mul(second, correction2)), epsilon));
  const pull = decay > 0 ? tf.add(direction, tf.mul(state.value, decay)) : direction;
  return { value: tf.sub(state.value, tf.mul(rate, pull)), first, second };
}

/** The bias corrections of update `t` (counted from 1). */
export function biasCorrections(t: number): [number, number] {
  return [1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)];
}
