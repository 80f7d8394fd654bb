import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { bools, exactly, floats, ints, signed } from '../sample';

type Shape = readonly number[];

/** Axes to reduce: all, none named, several, negative, of length one, and in an order that is not theirs. */
const axes: readonly (readonly [Shape, number | number[] | undefined])[] = [
  [[], undefined],
  [[4], undefined],
  [[4], 0],
  [[2, 3], undefined],
  [[2, 3], 0],
  [[2, 3], -1],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3, 4],
    [-1, 0],
  ],
  [[2, 1, 4], [1]],
  [
    [2, 3, 1, 2],
    [2, 1],
  ],
  [
    [2, 1, 2, 1, 3],
    [1, 3, 4],
  ],
  [
    [2, 1, 2, 2, 1, 3],
    [0, 2, 5],
  ],
];

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const reduction = (name: string, fn: Reduce, make: (shape: Shape) => Case['inputs'][number], rest = {}): Case[] =>
  axes.flatMap(([shape, axis]) =>
    [false, true].map((keepDims) => ({
      name: `${name} of [${shape}] over ${axis ?? 'all'}${keepDims ? ', axes kept' : ''}`,
      inputs: [make(shape)],
      fn: (x: tf.Tensor) => fn(x, axis, keepDims),
      ...rest,
    })),
  );

const float = (shape: Shape) => floats(shape);

const reductions: Case[] = [
  ...reduction('sum', tf.sum, float),
  ...reduction('mean', tf.mean, float),
  ...reduction('max', tf.max, float),
  ...reduction('min', tf.min, float),
  ...reduction('prod', tf.prod, (s) => signed(s, 0.7, 1.3)).map((c) =>
    c.name.includes('-1') ? { ...c, noGradient: 'tfjs does not take negative axes here' } : c,
  ),
  ...reduction('logSumExp', tf.logSumExp, float),
  ...reduction('norm', (x, axis, keep) => tf.norm(x, 'euclidean', axis, keep), float, {
    noGradient: 'compared with one axis below',
  }).filter(
    (c) => (c.inputs[0]?.shape.length ?? 0) > 0 && !/over [^a]*,[^a]*,/.test(c.name.replace(', axes kept', '')),
  ),
  ...reduction('int32 sum', tf.sum, (s) => ints(s)),
  ...reduction('int32 max', tf.max, (s) => ints(s)),
  ...reduction('int32 min', tf.min, (s) => ints(s)),
  ...reduction('int32 prod', tf.prod, (s) => ints(s, 1, 2)),
  ...reduction('mean of int32', tf.mean, (s) => ints(s)),
  ...reduction('bool sum', tf.sum, bools),
  ...reduction('mean of bool', tf.mean, bools),
  ...reduction('all', tf.all, bools),
  ...reduction('any', tf.any, bools),
  { name: 'norm along the last axis', inputs: [floats([2, 3])], fn: (x) => tf.norm(x!, 2, -1, true) },
  { name: 'max with ties', inputs: [exactly([1, 3, 3, 2, 2, 1], [2, 3])], fn: (x) => tf.max(x!, 1) },
  { name: 'min with ties', inputs: [exactly([1, 1, 3, 2, 2, 2], [2, 3])], fn: (x) => tf.min(x!, 1) },
  { name: 'moments', inputs: [floats([2, 3, 4])], fn: (x) => Object.values(tf.moments(x!, [0, 2])) },
  { name: 'sum of a constant', inputs: [floats([3])], fn: (x) => tf.mul(x!, tf.sum(tf.ones([3, 4]), 1)) },
  { name: 'mean of ones', inputs: [floats([3])], fn: (x) => tf.mul(x!, tf.mean(tf.onesLike(x!))) },
];

const arg: Case[] = (['argMax', 'argMin'] as const).flatMap((name) => {
  const fn = tf[name];
  return [
    ...(
      [
        [[4], 0],
        [[2, 3], 0],
        [[2, 3], 1],
        [[2, 3], -1],
        [[2, 3, 4], 1],
        [[2, 1, 4], 1],
        [[2, 2, 2, 3], 2],
      ] as const
    ).map(([shape, axis]): Case => ({
      name: `${name} of [${shape}] along ${axis}`,
      inputs: [floats(shape)],
      fn: (x) => fn(x!, axis),
      noGradient: 'indices',
    })),
    {
      name: `${name}: the first of equals`,
      inputs: [exactly([2, 1, 2, 1])],
      fn: (x: tf.Tensor) => fn(x),
      noGradient: 'indices',
    },
    { name: `${name} of int32`, inputs: [ints([2, 5])], fn: (x: tf.Tensor) => fn(x, 1) },
    { name: `${name} of bool`, inputs: [bools([2, 5])], fn: (x: tf.Tensor) => fn(x, 1) },
  ];
});

const softmax: Case[] = [
  ...[[3], [2, 3], [2, 3, 4], [2, 1, 3, 4], [2, 1, 1]].flatMap((shape): Case[] => [
    { name: `softmax of [${shape}]`, inputs: [floats(shape)], fn: (x) => tf.softmax(x!) },
    { name: `logSoftmax of [${shape}]`, inputs: [floats(shape)], fn: (x) => tf.logSoftmax(x!) },
  ]),
  {
    name: 'softmax of large numbers and masked ones',
    inputs: [exactly([1000, 999, -1e30, -1e30, 0, 1], [2, 3])],
    fn: (x) => tf.softmax(x!),
  },
  {
    name: 'softmax cross entropy',
    inputs: [floats([3, 4]), floats([3, 4], 0, 1)],
    fn: (logits, labels) => tf.losses.softmaxCrossEntropy(labels!, logits!),
    noGradient: 'compared for the logits below',
  },
  {
    name: 'softmax cross entropy, gradient by the logits',
    inputs: [floats([3, 4])],
    fn: (logits) => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d([0, 3, 1], 'int32'), 4), logits!),
  },
];

const scans: Case[] = [
  ...[
    { shape: [4], axis: 0 },
    { shape: [2, 3], axis: 0 },
    { shape: [2, 3], axis: 1 },
    { shape: [2, 3, 4], axis: 2 },
    { shape: [2, 3, 4], axis: 1 },
    { shape: [2, 1], axis: 1 },
  ].flatMap(({ shape, axis }) =>
    [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ].flatMap(([exclusive, reverse]): Case[] => [
      {
        name: `cumsum of [${shape}] along ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', from the end' : ''}`,
        inputs: [floats(shape)],
        fn: (x) => tf.cumsum(x!, axis, exclusive, reverse),
        ...(axis === shape.length - 1 ? {} : { noGradient: 'tfjs gives it the axes of its inner transposition' }),
      },
      {
        name: `cumprod of [${shape}] along ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', from the end' : ''}`,
        inputs: [signed(shape)],
        fn: (x) => tf.cumprod(x!, axis, exclusive, reverse),
        noGradient: 'tfjs has none',
      },
    ]),
  ),
  { name: 'int32 cumsum', inputs: [ints([2, 3])], fn: (x) => tf.cumsum(x!, 1) },
];

const topK: Case[] = [
  { name: 'topk', inputs: [floats([2, 5])], fn: (x) => Object.values(tf.topk(x!, 3)), noGradient: 'tfjs has none' },
  { name: 'topk of one', inputs: [floats([5])], fn: (x) => Object.values(tf.topk(x!, 1)), noGradient: 'tfjs has none' },
  { name: 'int32 topk', inputs: [exactly([5, 1, 4, 2, 3], [5], 'int32')], fn: (x) => Object.values(tf.topk(x!, 2)) },
];

export const reductionCases: readonly Case[] = [...reductions, ...arg, ...softmax, ...scans, ...topK];
