import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { exactly, floats, ints } from '../sample';

const as4d = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const as5d = (x: tf.Tensor): tf.Tensor5D => x as tf.Tensor5D;
const padded = 'at a padded border tfjs divides by the whole window';

const roundings: Case[] = (['floor', 'round', 'ceil'] as const).flatMap((rounding): Case[] => [
  {
    name: `convolutions rounded with ${rounding}`,
    inputs: [floats([1, 4, 6, 2]), floats([2, 2, 2, 3]), floats([2, 2, 2, 1])],
    fn: (x, filter, own) => [
      tf.conv2d(as4d(x!), as4d(filter!), 3, 0, 'NHWC', 1, rounding),
      tf.conv2d(as4d(x!), as4d(filter!), 3, 1, 'NHWC', 1, rounding),
      tf.depthwiseConv2d(as4d(x!), as4d(own!), 3, 0, 'NHWC', 1, rounding),
    ],
  },
  {
    name: `pools rounded with ${rounding}`,
    inputs: [floats([1, 4, 6, 2])],
    fn: (x) => [
      tf.maxPool(as4d(x!), 2, 3, 0, rounding),
      tf.maxPool(as4d(x!), 3, 2, 1, rounding),
      tf.maxPool(as4d(x!), 1, 2, 1, rounding),
    ],
  },
  {
    name: `average pools rounded with ${rounding}`,
    inputs: [floats([1, 4, 6, 2])],
    fn: (x) => [tf.avgPool(as4d(x!), 2, 3, 0, rounding), tf.avgPool(as4d(x!), 2, 3, 1, rounding)],
    noGradient: padded,
  },
]);

const edges: Case[] = [
  {
    name: 'pools with padding as wide as the window',
    inputs: [floats([1, 3, 3, 2])],
    fn: (x) => [
      tf.maxPool(as4d(x!), 2, 1, 2),
      tf.avgPool(as4d(x!), 2, 1, 2),
      tf.maxPool(as4d(x!), 1, 1, 1),
      tf.maxPool(as4d(x!), [1, 2], 2, 1),
      tf.pool(
        as4d(x!),
        [1, 1],
        'avg',
        [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ],
        1,
        2,
      ),
    ],
    noGradient: 'tfjs reads beyond its input',
  },
  {
    name: 'pools of −Infinity',
    inputs: [exactly([-Infinity, -Infinity, -Infinity, 1], [1, 4, 4, 1])],
    fn: (x) => [
      tf.maxPool(as4d(x!), 2, 2, 'same'),
      tf.maxPool(as4d(x!), 3, 1, 'same'),
      tf.maxPool(as4d(x!), 2, 1, 'valid'),
      tf.maxPool(as4d(tf.relu(x!)), 2, 1, 'valid'),
    ],
    noGradient: 'tfjs leaves out windows without a number',
  },
  {
    name: 'pools of int32',
    inputs: [ints([1, 4, 4, 2])],
    fn: (x) => [tf.maxPool(as4d(x!), 2, 2, 'valid'), tf.maxPool(as4d(x!), 3, 1, 'same')],
  },
  {
    name: 'conv2dTranspose to a size that no window reaches',
    inputs: [floats([1, 3, 3, 2]), floats([2, 2, 1, 2])],
    fn: (x, filter) => tf.conv2dTranspose(as4d(x!), as4d(filter!), [1, 7, 6, 1], 2, 'valid'),
    noGradient: 'tfjs computes it for another size',
  },
  {
    name: 'conv2dTranspose of more than its output has',
    inputs: [floats([8, 8, 2]), floats([3, 3, 2, 2])],
    fn: (x, filter) => tf.conv2dTranspose(x as tf.Tensor3D, as4d(filter!), [4, 4, 2], 1, 'same'),
    noGradient: 'tfjs computes it for another size',
  },
  {
    name: 'maxPoolWithArgmax',
    inputs: [exactly([1, 5, NaN, 2, 5, 3, 0, 4], [2, 4, 4, 2])],
    fn: (x) => [
      ...Object.values(tf.maxPoolWithArgmax(as4d(x!), 2, 2, 'valid')),
      ...Object.values(tf.maxPoolWithArgmax(as4d(x!), 3, 1, 'valid', true)),
    ],
    noGradient: 'tfjs has none',
  },
];

const channelFirst: Case[] = [
  {
    name: 'conv2d of channel-first data',
    inputs: [floats([2, 2, 4, 5]), floats([3, 2, 2, 3])],
    fn: (x, filter) => [
      tf.conv2d(as4d(x!), as4d(filter!), 1, 'same', 'NCHW'),
      tf.conv2d(as4d(x!), as4d(filter!), 2, 'valid', 'NCHW'),
    ],
    noGradient: 'tfjs has it for channel-last data',
  },
  ...(['relu', 'leakyrelu'] as const).map((activation): Case => ({
    name: `fused conv2d of channel-first data, ${activation}`,
    inputs: [floats([1, 2, 3, 3]), floats([2, 2, 2, 3]), floats([3])],
    fn: (x, filter, bias) =>
      tf.fused.conv2d({
        x: as4d(x!),
        filter: as4d(filter!),
        bias: bias!,
        strides: 1,
        pad: 'same',
        dataFormat: 'NCHW',
        activation,
        leakyreluAlpha: 0.2,
      }),
    noGradient: 'tfjs has it for channel-last data',
  })),
  {
    name: 'fused convolutions and products with PReLU',
    inputs: [floats([1, 4, 4, 2]), floats([2, 2, 2, 2]), floats([2]), floats([3, 2])],
    fn: (x, filter, alpha, a) => [
      tf.fused.conv2d({
        x: as4d(x!),
        filter: as4d(filter!),
        strides: 1,
        pad: 'valid',
        activation: 'prelu',
        preluActivationWeights: alpha!,
      }),
      tf.fused.depthwiseConv2d({
        x: as4d(x!),
        filter: as4d(filter!).slice([0, 0, 0, 0], [2, 2, 2, 1]),
        strides: 1,
        pad: 'same',
        activation: 'prelu',
        preluActivationWeights: alpha!,
      }),
      tf.fused.matMul({ a: a!, b: tf.eye(2), activation: 'prelu', preluActivationWeights: alpha! }),
    ],
    noGradient: 'tfjs does not fuse its gradient',
  },
];

const threeAxes: Case[] = [
  ...(
    [
      [1, 'same'],
      [2, 'valid'],
      [[1, 2, 1], 'same'],
    ] as const
  ).map(([strides, pad]): Case => ({
    name: `conv3d, strides ${strides}, ${pad}`,
    inputs: [floats([2, 3, 4, 4, 2]), floats([2, 2, 3, 2, 3])],
    fn: (x, filter) => tf.conv3d(as5d(x!), as5d(filter!), typeof strides === 'number' ? strides : [...strides], pad),
  })),
  {
    name: 'conv3dTranspose',
    inputs: [floats([1, 2, 2, 3, 2]), floats([2, 2, 2, 1, 2])],
    fn: (x, filter) => tf.conv3dTranspose(as5d(x!), as5d(filter!), [1, 4, 4, 6, 1], 2, 'same'),
    noGradient: 'tfjs has none',
  },
  {
    name: 'maxPool3d',
    inputs: [floats([1, 4, 4, 4, 2])],
    fn: (x) => [tf.maxPool3d(as5d(x!), 2, 2, 'valid'), tf.maxPool3d(as5d(x!), 2, 1, 'same')],
  },
  {
    name: 'maxPool3d with equal numbers in a window',
    inputs: [exactly([1, 2, 2, 1, 2, 0, 1, 2], [1, 2, 2, 4, 1])],
    fn: (x) => tf.maxPool3d(as5d(x!), 2, 2, 'valid'),
  },
  { name: 'avgPool3d', inputs: [floats([1, 4, 4, 4, 2])], fn: (x) => tf.avgPool3d(as5d(x!), 2, 2, 'valid') },
  {
    name: 'avgPool3d with padding',
    inputs: [floats([1, 3, 4, 3, 1])],
    fn: (x) => [tf.avgPool3d(as5d(x!), 2, 2, 'same'), tf.avgPool3d(as5d(x!), 2, 1, 2)],
    noGradient: padded,
  },
];

const others: Case[] = [
  ...(
    [
      [1, 'valid', 1],
      [2, 'same', 1],
      [1, 'same', 2],
    ] as const
  ).map(([strides, pad, dilations]): Case => ({
    name: `dilation2d, strides ${strides}, ${pad}, dilations ${dilations}`,
    inputs: [floats([2, 5, 5, 2]), floats([2, 3, 2])],
    fn: (x, filter) => tf.dilation2d(as4d(x!), filter as tf.Tensor3D, strides, pad, dilations),
  })),
  ...[1, 2, 5].map((radius): Case => ({
    name: `localResponseNormalization over ${radius}`,
    inputs: [floats([1, 2, 3, 6])],
    fn: (x) => tf.localResponseNormalization(as4d(x!), radius, 1.2, 0.6, 0.75),
  })),
];

export const windowCases: readonly Case[] = [...roundings, ...edges, ...channelFirst, ...threeAxes, ...others];
