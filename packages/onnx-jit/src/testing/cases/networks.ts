import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { exactly, floats } from '../sample';

type Pad = 'same' | 'valid' | number;

interface Conv {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly strides: number | [number, number];
  readonly pad: Pad | [[number, number], [number, number], [number, number], [number, number]];
  readonly dilations?: number | [number, number];
}

const convolutions: readonly Conv[] = [
  { x: [2, 4, 5, 2], filter: [3, 3, 2, 3], strides: 1, pad: 'same' },
  { x: [2, 4, 5, 2], filter: [3, 3, 2, 3], strides: 1, pad: 'valid' },
  { x: [1, 5, 6, 2], filter: [2, 3, 2, 4], strides: 2, pad: 'same' },
  { x: [1, 6, 7, 2], filter: [3, 2, 2, 3], strides: [2, 3], pad: 'valid' },
  { x: [2, 4, 4, 1], filter: [2, 2, 1, 2], strides: 2, pad: 1 },
  {
    x: [1, 4, 4, 1],
    filter: [3, 3, 1, 1],
    strides: 1,
    pad: [
      [0, 0],
      [2, 0],
      [1, 1],
      [0, 0],
    ],
  },
  { x: [1, 3, 3, 3], filter: [1, 1, 3, 2], strides: 1, pad: 'same' },
  { x: [1, 7, 7, 1], filter: [2, 3, 1, 2], strides: 1, pad: 'valid', dilations: 2 },
  { x: [1, 6, 6, 2], filter: [3, 2, 2, 2], strides: 1, pad: 'same', dilations: [2, 1] },
  { x: [1, 1, 1, 1], filter: [1, 1, 1, 1], strides: 1, pad: 'valid' },
];

const name = (kind: string, { x, filter, strides, pad, dilations }: Conv): string =>
  `${kind} of [${x}] by [${filter}], strides ${strides}, ${Array.isArray(pad) ? 'explicit' : pad} padding` +
  (dilations === undefined ? '' : `, dilations ${dilations}`);

// tfjs computes no gradient of a dilated convolution.
const slope = ({ dilations }: Conv) => (dilations === undefined ? {} : { noGradient: 'tfjs has none for dilations' });

const conv2d: Case[] = convolutions.map((c) => ({
  name: name('conv2d', c),
  inputs: [floats(c.x), floats(c.filter)],
  fn: (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, c.strides, c.pad, 'NHWC', c.dilations ?? 1),
  ...slope(c),
}));

// Explicit paddings are not in the types of depthwise convolutions, and strides there are square.
const depthwise: Case[] = convolutions
  .filter((c) => !Array.isArray(c.pad))
  .map((c) => ({
    name: name('depthwiseConv2d', c),
    inputs: [floats(c.x), floats([c.filter[0], c.filter[1], c.x[3], 2])],
    fn: (x, filter) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, c.strides, c.pad as Pad, 'NHWC', c.dilations ?? 1),
    ...slope(c),
  }));

const otherConvolutions: Case[] = [
  ...[
    { stride: 1, pad: 'same' as const },
    { stride: 2, pad: 'valid' as const },
    { stride: 3, pad: 'same' as const },
  ].map(({ stride, pad }): Case => ({
    name: `tf.conv1d, stride ${stride}, ${pad} padding`,
    inputs: [floats([2, 7, 3]), floats([3, 3, 4])],
    fn: (x, filter) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, stride, pad),
  })),
  ...[
    { strides: 1, pad: 'same' as const, out: [2, 4, 5, 3] as const },
    { strides: 2, pad: 'same' as const, out: [2, 8, 10, 3] as const },
    { strides: 2, pad: 'valid' as const, out: [2, 9, 11, 3] as const },
  ].map(({ strides, pad, out }): Case => ({
    name: `conv2dTranspose, strides ${strides}, ${pad}`,
    inputs: [floats([2, 4, 5, 2]), floats([3, 3, 3, 2])],
    fn: (x, filter) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [...out], strides, pad),
  })),
  {
    name: 'separableConv2d',
    inputs: [floats([1, 4, 4, 2]), floats([2, 2, 2, 2]), floats([1, 1, 4, 3])],
    fn: (x, d, p) => tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 1, 'same'),
  },
  ...(['linear', 'relu', 'elu', 'relu6'] as const).flatMap((activation): Case[] => [
    {
      name: `fused conv2d, ${activation}`,
      inputs: [floats([1, 4, 4, 2]), floats([2, 2, 2, 3]), floats([3])],
      fn: (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides: 1,
          pad: 'same',
          activation,
        }),
    },
    {
      name: `fused depthwiseConv2d, ${activation}`,
      inputs: [floats([1, 4, 4, 2]), floats([2, 2, 2, 1]), floats([2])],
      fn: (x, filter, bias) =>
        tf.fused.depthwiseConv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides: 1,
          pad: 'valid',
          activation,
        }),
    },
  ]),
];

const pools: Case[] = [
  { shape: [1, 4, 4, 2], size: 2, strides: 2, pad: 'valid' as Pad },
  { shape: [2, 5, 4, 1], size: 3, strides: 2, pad: 'same' as Pad },
  { shape: [1, 5, 5, 2], size: [2, 3] as [number, number], strides: 1, pad: 'valid' as Pad },
  { shape: [1, 4, 5, 1], size: [3, 2] as [number, number], strides: [1, 2] as [number, number], pad: 'same' as Pad },
  { shape: [1, 4, 4, 1], size: 2, strides: 1, pad: 1 },
].flatMap(({ shape, size, strides, pad }): Case[] => {
  const what = `of [${shape}], window ${size}, strides ${strides}, ${pad} padding`;
  return [
    {
      name: `avgPool ${what}`,
      inputs: [floats(shape)],
      fn: (x) => tf.avgPool(x as tf.Tensor4D, size, strides, pad),
      // Compiled, it is the gradient of what avgPool computes: see networks.test.ts.
      ...(pad === 'valid' ? {} : { noGradient: 'at a padded border tfjs divides by the whole window' }),
    },
    { name: `maxPool ${what}`, inputs: [floats(shape)], fn: (x) => tf.maxPool(x as tf.Tensor4D, size, strides, pad) },
  ];
});

const normalisations: Case[] = [
  {
    name: 'batchNorm with everything',
    inputs: [floats([2, 2, 3, 4]), floats([4]), floats([4], 0.2, 2), floats([4]), floats([4])],
    fn: (x, mean, variance, offset, scale) =>
      tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.01),
  },
  {
    name: 'batchNorm with mean and variance only',
    inputs: [floats([5, 4]), floats([4]), floats([4], 0.2, 2)],
    fn: (x, mean, variance) => tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D),
    noGradient: 'tfjs has it with scale and offset only',
  },
  {
    name: 'batchNorm with a scale',
    inputs: [floats([3, 5, 4]), floats([4]), floats([4], 0.2, 2), floats([4])],
    fn: (x, mean, variance, scale) =>
      tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, undefined, scale as tf.Tensor1D),
    noGradient: 'tfjs has it with scale and offset only',
  },
  {
    name: 'maxPool with equal numbers in a window',
    inputs: [exactly([1, 1, 2, 2, 1, 1, 2, 0, 3, 0, 0, 3, 0, 3, 3, 0], [1, 4, 4, 1])],
    fn: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
  },
];

export const networkCases: readonly Case[] = [
  ...conv2d,
  ...depthwise,
  ...otherConvolutions,
  ...pools,
  ...normalisations,
];
