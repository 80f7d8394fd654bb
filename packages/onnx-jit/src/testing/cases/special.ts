import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { bools, exactly, floats, ints } from '../sample';

/** Numbers that are none, empty shapes, and what integers cannot hold: where a graph may differ from tfjs or die. */
const noGradient = 'the values are what matters';

const notANumber: Case[] = [
  {
    name: 'NaN at any place of a max and a min',
    inputs: [exactly([1, NaN, 3, NaN, 1, 2, 1, 2, NaN, 4, 5, 6], [4, 3])],
    fn: (x) => [tf.max(x!), tf.min(x!), tf.max(x!, 1), tf.min(x!, 1), tf.max(x!, 0, true), tf.min(x!, 0, true)],
    noGradient,
  },
  {
    name: 'NaN in a long max, where several numbers are compared at once',
    inputs: [exactly([...Array.from({ length: 36 }, (_, i) => i), NaN, -1, -2], [3, 39])],
    fn: (x) => [tf.max(x!, 1), tf.min(x!, 1), tf.max(x!, 0)],
    noGradient,
  },
  {
    name: 'NaN beside infinities in a max, and infinities without NaN',
    inputs: [exactly([Infinity, NaN, -Infinity, Infinity, 1, -Infinity], [2, 3])],
    fn: (x) => [tf.max(x!, 1), tf.min(x!, 1)],
    noGradient,
  },
  {
    name: 'NaN in the softmax of a max',
    inputs: [exactly([1, NaN, 3, 4, 5, 6], [2, 3])],
    fn: (x) => [tf.max(tf.softmax(x!), 1), tf.logSumExp(x!, 1), tf.logSoftmax(x!)],
    noGradient,
  },
  {
    name: 'NaN in log Σ exp by way of the softmax',
    inputs: [exactly([1, NaN, 3, 4, 5, 6, 1, 2, Infinity], [3, 3])],
    fn: (x) => tf.sub(tf.max(x!, 1, true), tf.log(tf.max(tf.softmax(x!), 1, true))),
    noGradient,
  },
  {
    name: 'argMax and argMin pass NaN by',
    inputs: [exactly([0, 3, 5, 4, NaN, 1], [2, 3])],
    fn: (x) => [tf.argMax(x!), tf.argMin(x!), tf.argMax(x!, 1), tf.argMin(x!, 1)],
    noGradient,
  },
  {
    name: 'sign of NaN, zeros and infinities',
    inputs: [exactly([NaN, 0, -0, Infinity, -Infinity, 2])],
    fn: (x) => tf.sign(x!),
    noGradient,
  },
  {
    name: 'diag leaves NaN and infinities where they are',
    inputs: [exactly([1, NaN, Infinity])],
    fn: (x) => [tf.diag(x!), tf.diag(tf.cast(x!, 'bool'))],
    noGradient,
  },
];

const wholeNumbers: Case[] = [
  {
    name: 'toInt of NaN, infinities and numbers beyond 2³¹',
    inputs: [exactly([NaN, Infinity, -Infinity, 3e9, -3e9, 2 ** 31, -(2 ** 31), 1e20, 2.9, -2.9])],
    fn: (x) => [tf.cast(x!, 'int32'), tf.floorDiv(x!, tf.scalar(0)), tf.floorDiv(x!, tf.scalar(2))],
    noGradient,
  },
  {
    name: 'int32 division by 0 and by −1',
    inputs: [exactly([5, 6, -7, 0, -(2 ** 31), -(2 ** 31)], [6], 'int32'), exactly([0, -1, 2, 0, -1, 0], [6], 'int32')],
    fn: (a, b) => [
      tf.div(a!, b!),
      tf.divNoNan(a!, b!),
      tf.floorDiv(a!, b!),
      tf.mod(a!, b!),
      tf.div(a!, tf.scalar(0, 'int32')),
      tf.mod(a!, tf.scalar(-1, 'int32')),
      tf.mod(a!, tf.scalar(3, 'int32')),
    ],
  },
  {
    name: 'int32 products, transposed and not',
    inputs: [ints([2, 3, 3]), ints([2, 3, 3])],
    fn: (a, b) => [false, true].flatMap((ta) => [false, true].map((tb) => tf.matMul(a!, b!, ta, tb))),
  },
  {
    name: 'activations of int32',
    inputs: [ints([6]), floats([6])],
    fn: (x, alpha) => [
      tf.leakyRelu(x!, 0.3),
      tf.prelu(x!, alpha!),
      tf.relu6(tf.mul(x!, tf.scalar(3, 'int32'))),
      tf.step(x!),
      tf.isNaN(x!),
      tf.isFinite(x!),
      tf.isInf(x!),
    ],
    noGradient,
  },
  {
    name: 'rounding whole numbers beyond 2²⁴',
    inputs: [exactly([123456789, -123456789], [2], 'int32')],
    fn: (x) => [tf.round(x!), tf.sign(x!)],
  },
];

const nothing: Case[] = [
  {
    name: 'reductions of nothing',
    inputs: [floats([3, 0]), bools([3, 0])],
    fn: (x, b) => [
      tf.sum(x!, 1),
      tf.mean(x!, 1),
      tf.prod(x!, 1),
      tf.max(x!, 1),
      tf.min(x!),
      tf.any(b!, 1),
      tf.all(b!, 1),
      tf.argMax(x!, 1),
      tf.sum(x!, 0),
      tf.max(x!, 0),
      tf.argMin(x!, 0),
      tf.any(b!, 0, true),
    ],
    noGradient,
  },
  {
    name: 'topk, cumsum and cumprod of nothing',
    inputs: [floats([0, 3]), floats([3, 0])],
    fn: (x, y) => [
      ...Object.values(tf.topk(x!, 2)),
      ...Object.values(tf.topk(y!, 0)),
      tf.cumsum(y!, 1),
      tf.cumprod(y!, 1),
      tf.cumprod(x!, 1),
    ],
    noGradient,
  },
  {
    name: 'products over nothing',
    inputs: [floats([3, 0]), floats([0, 2])],
    fn: (a, b) => [
      tf.matMul(a!, b!),
      tf.matMul(b!, b!, true),
      tf.matMul(tf.reshape(a!, [1, 3, 0]), tf.reshape(b!, [1, 0, 2])),
    ],
  },
  {
    name: 'convolutions of an empty batch, and their gradients',
    inputs: [floats([0, 4, 4, 2]), floats([3, 3, 2, 2])],
    fn: (x, f) => [
      tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'),
      tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'valid'),
      tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
      tf.avgPool(x as tf.Tensor4D, 2, 1, 'same'),
    ],
  },
  {
    name: 'elementwise kernels and layers of an empty batch',
    inputs: [floats([0, 3]), floats([3, 4])],
    fn: (x, w) => [
      tf.softmax(tf.matMul(x!, w!)),
      tf.tanh(x!),
      tf.concat([x!, x!], 1),
      tf.pad(x!, [
        [1, 0],
        [0, 0],
      ]),
    ],
  },
];

export const specialCases: readonly Case[] = [...notANumber, ...wholeNumbers, ...nothing];
