import * as tf from '@tensorflow/tfjs-core';

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/** What changes from step to step; scalars, so that a compiled step takes them as inputs. */
export interface AdamControls {
  readonly rate: tf.Scalar;
  /** See `biasCorrections`. */
  readonly scale: tf.Scalar;
  readonly floor: tf.Scalar;
}

/** A parameter and its moments; both start at zero. */
export interface AdamState<T extends tf.Tensor = tf.Tensor> {
  readonly value: T;
  /** m / (1 − β₁) = Σ β₁ᵏ g. */
  readonly first: T;
  /** v / (1 − β₂) = Σ β₂ᵏ g². */
  readonly second: T;
}

/**
 * One Adam update (Kingma and Ba) as a pure function of tensors. `decay` is decoupled weight decay.
 *
 * Every operation here is a pass over all parameters, which the memory's speed pays for. Sums in place of means, with
 * their factors in two scalars, take nine passes where the formula as printed takes thirteen.
 */
export function adam(state: AdamState, gradient: tf.Tensor, controls: AdamControls, decay = 0): AdamState {
  const { rate, scale, floor } = controls;
  const first = tf.add(tf.mul(state.first, beta1), gradient);
  const second = tf.add(tf.mul(state.second, beta2), tf.mul(gradient, gradient));
  const direction = tf.div(first, tf.add(tf.sqrt(second), floor));
  // The weight decay is part of the step, so that the last operation is the only one that changes the weights.
  const step = decay > 0 ? tf.add(direction, tf.mul(state.value, tf.div(decay, scale))) : direction;
  return { value: tf.sub(state.value, tf.mul(step, tf.mul(rate, scale))), first, second };
}

/** One Adam update of variables in place; returns the parameter's new value. */
export function applyAdam(
  state: AdamState<tf.Variable>,
  gradient: tf.Tensor,
  controls: AdamControls,
  decay = 0,
): tf.Tensor {
  const next = adam(state, gradient, controls, decay);
  state.first.assign(next.first);
  state.second.assign(next.second);
  state.value.assign(next.value);
  return next.value;
}

/**
 * The bias corrections of update `t` (counted from 1) for moments kept as sums: with c = (1 − β) / (1 − βᵗ),
 * m̂ / (√v̂ + ε) = scale · Σβ₁ᵏg / (√Σβ₂ᵏg² + floor), scale = c₁ / √c₂, floor = ε / √c₂.
 */
export function biasCorrections(t: number): { scale: number; floor: number } {
  const root = Math.sqrt((1 - beta2) / (1 - beta2 ** t));
  return { scale: (1 - beta1) / (1 - beta1 ** t) / root, floor: epsilon / root };
}
