import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { exactly, floats, ints } from '../sample';

const noGradient = 'tfjs has none';
const indices = (numbers: readonly number[], shape = [numbers.length]) => exactly(numbers, shape, 'int32');

const gathers: Case[] = [
  {
    name: 'gather within each batch',
    inputs: [floats([2, 4, 3]), indices([2, 0, 3, 1, 1, 0], [2, 3])],
    fn: (x, i) => [tf.gather(x!, i!, 1, 1), tf.gather(x!, tf.slice(i!, [0, 0], [2, 2]), 2, 1)],
    noGradient: 'compared below, for one axis',
  },
  {
    name: 'gather within each batch, and its gradient',
    inputs: [floats([2, 4]), indices([2, 0, 3, 1], [2, 2])],
    fn: (x, i) => tf.gather(x!, i!, 1, 1),
    noGradient: 'tfjs takes indices of two axes for the gradient wrongly',
  },
  {
    name: 'gather within two batch axes',
    inputs: [ints([2, 2, 3]), indices([2, 0, 1, 1, 0, 2, 2, 2], [2, 2, 2])],
    fn: (x, i) => [tf.gather(x!, i!, 2, 2), tf.gather(x!, i!, -1, -1)],
    noGradient,
  },
  {
    name: 'gather within one batch of one',
    inputs: [floats([1, 4, 3]), indices([2, 0, 3], [1, 3])],
    fn: (x, i) => tf.gather(x!, i!, 1, 1),
    noGradient: 'tfjs takes indices of two axes for the gradient wrongly',
  },
  {
    name: 'the gradient of an embedding is added up by row',
    inputs: [floats([7, 3]), indices([6, 0, 6, 2, 0, 0], [2, 3])],
    fn: (table, i) => tf.gather(table!, i!),
  },
];

const scatters: Case[] = [
  {
    name: 'scatterND with a plain list of indices',
    inputs: [indices([0, 4, 2, 4]), floats([4])],
    fn: (i, x) => tf.scatterND(i!, x!, [8]),
    noGradient,
  },
  {
    name: 'scatterND of int32 into slices',
    inputs: [indices([0, 1, 0, 1, 1, 1], [3, 2]), ints([3, 2])],
    fn: (i, x) => tf.scatterND(i!, x!, [2, 2, 2]),
  },
  {
    name: 'tensorScatterUpdate',
    inputs: [floats([4, 2]), indices([3, 1], [2, 1]), floats([2, 2])],
    fn: (x, i, updates) => tf.tensorScatterUpdate(x!, i!, updates!),
    noGradient,
  },
  {
    name: 'sparseToDense',
    inputs: [indices([0, 1, 2, 2], [2, 2]), floats([2]), floats([])],
    fn: (i, x, rest) => [
      tf.sparseToDense(i!, x!, [3, 3], rest as tf.Scalar),
      tf.sparseToDense(tf.reshape(tf.slice(i!, [0, 1], [2, 1]), [2]), x!, [4]),
    ],
    noGradient,
  },
  {
    name: 'unsortedSegmentSum leaves out ids that stand for nothing',
    inputs: [floats([4, 2]), indices([0, -1, 3, 0])],
    fn: (x, ids) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 3),
    noGradient: 'tfjs gathers at −1',
  },
];

const counts: Case[] = [
  {
    name: 'bincount',
    inputs: [indices([1, 1, 4, 0, 7]), floats([5])],
    fn: (x, weights) => [
      tf.bincount(x as tf.Tensor1D, weights as tf.Tensor1D, 5),
      tf.bincount(x as tf.Tensor1D, tf.tensor1d([], 'int32'), 5),
    ],
    noGradient,
  },
  {
    name: 'denseBincount of rows',
    inputs: [indices([1, 1, 4, 0, 2, 2], [2, 3]), floats([2, 3])],
    fn: (x, weights) => [
      tf.denseBincount(x as tf.Tensor2D, weights as tf.Tensor2D, 5),
      tf.denseBincount(x as tf.Tensor2D, tf.tensor2d([], [0, 0]), 4),
      tf.denseBincount(x as tf.Tensor2D, tf.tensor2d([], [0, 0]), 5, true),
      tf.denseBincount(tf.reshape<tf.Rank.R1>(x!, [6]), tf.tensor1d([]), 5),
    ],
    noGradient,
  },
  {
    name: 'lowerBound and upperBound',
    inputs: [exactly([1, 2, 2, 5, 0, 3, 3, 9], [2, 4]), exactly([2, 0, 9, 3, 10, -1], [2, 3])],
    fn: (sorted, x) => [tf.lowerBound(sorted!, x!), tf.upperBound(sorted!, x!)],
    noGradient,
  },
];

export const indexingCases: readonly Case[] = [...gathers, ...scatters, ...counts];
