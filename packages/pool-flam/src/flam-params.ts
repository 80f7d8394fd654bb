import type * as tf from '@tensorflow/tfjs-core';

/** The parameters of FLAM, in the order in which they are drawn. */
export const flamParamNames = [
  'query',
  'queryBias',
  'key',
  'keyBias',
  'value',
  'valueBias',
  'output',
  'outputBias',
  'projection',
] as const;

export type FlamParamName = (typeof flamParamNames)[number];

/**
 * Tensors or variables by name. `query`, `key`, `value` and `output` are [features in, features out] (y = x W + b: the
 * transpose of PyTorch's Linear), their biases [features], `projection` (w of Eq. 5) is [features, 1].
 */
export type FlamParams = Readonly<Record<FlamParamName, tf.Tensor>>;

/** Shape of a parameter for frames of `dim` features. */
export function flamParamShape(name: FlamParamName, dim: number): [number] | [number, number] {
  if (name.endsWith('Bias')) return [dim];
  return name === 'projection' ? [dim, 1] : [dim, dim];
}
