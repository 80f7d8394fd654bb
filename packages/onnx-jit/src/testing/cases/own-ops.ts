import * as tf from '@tensorflow/tfjs';
import { conv1d, type Conv1dOptions } from '../../ops/conv1d';
import { gelu } from '../../ops/gelu';
import { instanceNorm } from '../../ops/instance-norm';
import { layerNorm } from '../../ops/layer-norm';
import { recompute } from '../../ops/recompute';
import type { Case } from '../case';
import { exactly, floats } from '../sample';

const layerNorms: Case[] = [[4], [3, 4], [2, 3, 4], [2, 1, 3, 5], [1, 2, 1, 2, 6]].flatMap((shape): Case[] => {
  const features = shape[shape.length - 1] ?? 1;
  return [1e-5, 0.1].map((epsilon) => ({
    name: `layerNorm of [${shape}], ε ${epsilon}`,
    inputs: [floats(shape), floats([features], 0.5, 2), floats([features])],
    fn: (x, gamma, beta) => layerNorm(x!, gamma!, beta!, epsilon),
    // The gradient subtracts two means from a number of their size.
    absolute: 5e-6,
  }));
});

// tfjs's CPU erf is a rational approximation with an absolute error of 1.5e-7; ONNX Runtime's is exact to float32.
const erfError = { relative: 1e-5, absolute: 2e-6 };

const gelus: Case[] = [[], [5], [2, 3], [2, 3, 2, 2], [0, 2]].map((shape) => ({
  name: `gelu of [${shape}]`,
  inputs: [floats(shape, -4, 4)],
  fn: (x) => gelu(x!),
  ...erfError,
}));

const convolution = (
  x: readonly [number, number, number],
  filter: readonly [number, number, number],
  options: Conv1dOptions,
): Case => ({
  name: `conv1d of [${x}] by [${filter}] ${JSON.stringify(options).replace(/"/g, '')}`,
  inputs: [floats(x), floats(filter)],
  fn: (a, b) => conv1d(a as tf.Tensor3D, b as tf.Tensor3D, options),
});

const convolutions: Case[] = [
  convolution([2, 3, 7], [4, 3, 3], {}),
  convolution([1, 1, 5], [1, 1, 5], {}),
  convolution([2, 3, 7], [4, 3, 1], {}),
  convolution([2, 3, 8], [4, 3, 3], { stride: 2 }),
  convolution([2, 3, 9], [4, 3, 3], { stride: 2 }),
  convolution([1, 2, 11], [3, 2, 2], { stride: 5 }),
  convolution([1, 2, 12], [3, 2, 4], { stride: 3, padding: 2 }),
  convolution([2, 3, 7], [4, 3, 3], { padding: 1 }),
  convolution([2, 3, 7], [4, 3, 4], { padding: [3, 1] }),
  convolution([2, 3, 2], [4, 3, 5], { padding: [4, 4] }),
  // Filters larger than what they go over.
  convolution([1, 3, 3], [4, 3, 6], { padding: [4, 2] }),
  convolution([1, 4, 3], [6, 2, 8], { padding: [9, 3], groups: 2 }),
  convolution([2, 3, 6], [2, 3, 2], { padding: [3, 0] }), // more padding than the kernel can reach back over
  convolution([2, 3, 6], [2, 3, 2], { padding: [3, 4] }),
  convolution([2, 3, 6], [2, 3, 2], { padding: [3, 0], stride: 2 }),
  convolution([2, 4, 7], [6, 2, 3], { groups: 2 }),
  convolution([2, 4, 8], [4, 1, 3], { groups: 4, padding: 1 }),
  convolution([2, 4, 9], [6, 2, 4], { groups: 2, stride: 2, padding: [1, 2] }),
  // On WebGPU written as products: taps that fill their runs, and that do not.
  convolution([2, 6, 21], [6, 3, 16], { groups: 2, padding: [8, 7] }),
  convolution([3, 4, 13], [8, 1, 11], { groups: 4, padding: [5, 5] }),
  convolution([3, 6, 7], [6, 2, 3], { groups: 3, stride: 3 }),
  convolution([2, 3, 7], [6, 1, 3], { groups: 3, stride: 2 }),
  convolution([2, 3, 7], [2, 3, 7], { padding: [0, 2] }),
  convolution([2, 4, 6], [4, 2, 4], { groups: 2, padding: 2 }), // WavLM's positional convolution in small
];

const instanceNorms: Case[] = [
  [1, 1, 5],
  [2, 3, 4],
  [2, 3, 17],
].map((shape) => ({
  name: `instanceNorm of [${shape}]`,
  inputs: [floats(shape), floats([shape[1] ?? 1], 0.5, 2), floats([shape[1] ?? 1])],
  fn: (x, gamma, beta) => instanceNorm(x as tf.Tensor3D, gamma as tf.Tensor1D, beta as tf.Tensor1D),
  absolute: 5e-6, // as in layerNorm
}));

const block = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.softmax(gelu(tf.matMul(x, w)));

const recomputations: Case[] = [
  {
    name: 'recompute of a block',
    inputs: [floats([3, 4]), floats([4, 4])],
    fn: (x, w) => recompute((a, b) => block(a!, b!), [x!, w!]),
    ...erfError,
  },
  {
    name: 'recompute of blocks in a row',
    inputs: [floats([3, 4]), floats([4, 4]), floats([4, 4])],
    fn: (x, w, v) => {
      const first = recompute((a, b) => block(a!, b!), [x!, w!]);
      return tf.add(
        recompute((a, b) => block(a!, b!), [first, v!]),
        first,
      );
    },
    ...erfError,
  },
  {
    name: 'recompute within recompute',
    inputs: [floats([2, 3]), floats([3, 3])],
    fn: (x, w) => recompute((a, b) => tf.tanh(recompute((c, d) => block(c!, d!), [tf.mul(a!, 2), b!])), [x!, w!]),
    ...erfError,
  },
  {
    name: 'recompute around own ops',
    inputs: [floats([2, 3, 4]), exactly([1, 2, 0.5, 1]), floats([4])],
    fn: (x, gamma, beta) => recompute((a, b, c) => tf.tanh(layerNorm(a!, b!, c!)), [x!, gamma!, beta!]),
    absolute: 5e-6,
  },
];

export const ownOpCases: readonly Case[] = [
  ...layerNorms,
  ...gelus,
  ...convolutions,
  ...instanceNorms,
  ...recomputations,
];
