import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { bools, exactly, floats, ints, type Sample } from '../sample';

type Shape = readonly number[];
const every = (shape: Shape): Sample[] => [floats(shape), ints(shape), bools(shape)];
const noSlope = 'no input has a gradient';

/** The same for a float32, an int32 and a bool tensor. */
const eachType = (name: string, shape: Shape, fn: (x: tf.Tensor) => tf.Tensor | tf.Tensor[]): Case[] =>
  every(shape).map((sample) => ({ name: `${name} (${sample.dtype})`, inputs: [sample], fn }));

const movements: Case[] = [
  ...eachType('identity', [2, 3], (x) => tf.clone(x)),
  ...eachType('reshape', [2, 6], (x) => tf.reshape(x, [3, -1, 2])),
  ...eachType('reshape to a scalar', [1, 1], (x) => tf.reshape(x, [])),
  ...eachType('reshape of nothing', [0, 3], (x) => tf.reshape(x, [3, 0, 2])),
  ...eachType('expandDims', [2, 3], (x) => [tf.expandDims(x), tf.expandDims(x, 1), tf.expandDims(x, -1)]),
  ...eachType('squeeze', [1, 2, 1, 3], (x) => [tf.squeeze(x), tf.squeeze(x, [0])]),
  ...eachType('flatten', [2, 3], (x) => tf.reshape(x, [-1])),
  ...[
    { shape: [], perm: [] },
    { shape: [3], perm: [0] },
    { shape: [2, 3], perm: [1, 0] },
    { shape: [2, 3, 4], perm: [2, 0, 1] },
    { shape: [2, 1, 4], perm: [1, 0, 2] },
    { shape: [1, 1, 3], perm: [2, 1, 0] },
    { shape: [2, 1, 3, 2], perm: [3, 1, 0, 2] },
    { shape: [2, 2, 1, 3, 2], perm: [4, 3, 2, 1, 0] },
    { shape: [2, 1, 2, 1, 2, 3], perm: [5, 3, 1, 0, 2, 4] },
  ].flatMap(({ shape, perm }) => eachType(`transpose [${shape}] by [${perm}]`, shape, (x) => tf.transpose(x, perm))),
  {
    name: 'transposes that undo each other',
    inputs: [floats([2, 3, 4])],
    fn: (x) => tf.mul(tf.transpose(tf.transpose(x!, [2, 0, 1]), [1, 2, 0]), tf.transpose(tf.transpose(x!), [2, 1, 0])),
  },
  {
    name: 'chains of reshape and transpose',
    inputs: [floats([2, 6])],
    fn: (x) => tf.reshape(tf.transpose(tf.reshape(tf.transpose(tf.reshape(x!, [2, 2, 3]), [1, 0, 2]), [4, 3])), [6, 2]),
  },
  ...[
    { shape: [], reps: [] as number[] },
    { shape: [3], reps: [2] },
    { shape: [2, 3], reps: [2, 2] },
    { shape: [1, 3], reps: [4, 1] },
    { shape: [2, 1, 2], reps: [1, 3, 2] },
    { shape: [2, 3], reps: [1, 1] },
    { shape: [1, 2, 1, 2], reps: [2, 1, 3, 1] },
  ].flatMap(({ shape, reps }) =>
    eachType(`tile [${shape}] by [${reps}]`, shape, (x) => tf.tile(x, reps)).map((c) =>
      shape.length > 0 ? c : { ...c, noGradient: 'tfjs has none for rank 0' },
    ),
  ),
  ...eachType('broadcastTo', [2, 1, 3], (x) => tf.broadcastTo(x, [2, 2, 4, 3])),
  ...eachType('broadcastTo of a scalar', [], (x) => tf.broadcastTo(x, [2, 3])),
  ...[
    { shape: [3], axes: [0] },
    { shape: [2, 3], axes: [0] },
    { shape: [2, 3], axes: [-1] },
    { shape: [2, 3, 4], axes: [0, 2] },
    { shape: [2, 1, 2, 3], axes: [1, 3] },
  ].flatMap(({ shape, axes }) => eachType(`reverse [${shape}] along [${axes}]`, shape, (x) => tf.reverse(x, axes))),
  ...eachType('reverse of all axes', [2, 3], (x) => tf.reverse(x)),
];

const joins: Case[] = [
  ...[0, 1, -1].flatMap((axis): Case[] => [
    {
      name: `concat along ${axis}`,
      inputs: [floats([2, 3]), floats([2, 3]), floats([2, 3])],
      fn: (...x) => tf.concat(x, axis),
    },
    { name: `stack along ${axis}`, inputs: [floats([2, 3]), floats([2, 3])], fn: (...x) => tf.stack(x, axis) },
  ]),
  { name: 'concat of other lengths', inputs: [floats([2, 1]), floats([2, 4])], fn: (...x) => tf.concat(x, 1) },
  { name: 'concat with an empty part', inputs: [floats([2, 0]), floats([2, 3])], fn: (...x) => tf.concat(x, 1) },
  { name: 'concat of a tensor with itself', inputs: [floats([2, 3])], fn: (x) => tf.concat([x!, x!], 0) },
  {
    name: 'concat with constants',
    inputs: [floats([2, 3])],
    fn: (x) => tf.concat([tf.ones([2, 2]), x!, tf.zeros([2, 1])], 1),
  },
  { name: 'int32 concat', inputs: [ints([2]), ints([3])], fn: (...x) => tf.concat(x) },
  { name: 'bool concat', inputs: [bools([2]), bools([3])], fn: (...x) => tf.concat(x) },
  { name: 'stack of scalars', inputs: [floats([]), floats([])], fn: (...x) => tf.stack(x) },
  ...eachType('stack of one', [2, 3], (x) => tf.stack([x], 1)),
  ...[0, 1, -1].flatMap((axis) => eachType(`unstack along ${axis}`, [2, 3, 2], (x) => tf.unstack(x, axis))),
  ...eachType('split into equal parts', [2, 6], (x) => tf.split(x, 3, 1)),
  ...eachType('split by lengths', [2, 6], (x) => tf.split(x, [1, 3, 2], -1)),
  ...eachType('split with the rest', [5, 2], (x) => tf.split(x, [2, -1], 0)),
  { name: 'one part of a split', inputs: [floats([2, 6])], fn: (x) => tf.split(x!, 3, 1)[1]! },
];

const slices: Case[] = [
  ...[
    { shape: [5], begin: [1], size: [3] },
    { shape: [5], begin: [2], size: [-1] },
    { shape: [2, 5], begin: [0, 1], size: [2, 2] },
    { shape: [2, 5], begin: [1, 0], size: [-1, -1] },
    { shape: [2, 3, 4], begin: [0, 1, 2], size: [2, 1, 2] },
    { shape: [2, 3], begin: [0, 0], size: [2, 3] },
    { shape: [2, 2, 2, 3], begin: [0, 1, 0, 1], size: [2, 1, -1, 2] },
    { shape: [2, 1, 2, 2, 1, 2], begin: [0, 0, 1, 0, 0, 1], size: [1, 1, 1, 2, 1, 1] },
  ].flatMap(({ shape, begin, size }) =>
    eachType(`slice [${shape}] from [${begin}] for [${size}]`, shape, (x) => tf.slice(x, begin, size)),
  ),
  { name: 'an empty slice', inputs: [floats([3, 2])], fn: (x) => tf.slice(x!, [1, 0], [0, 2]), noGradient: noSlope },
  { name: 'slice to the end', inputs: [floats([3, 4])], fn: (x) => tf.slice(x!, [1, 2]) },
  { name: 'slice from a number', inputs: [floats([3, 4])], fn: (x) => tf.slice(x!, 1) },
  { name: 'slice by a number', inputs: [floats([5])], fn: (x) => tf.slice(x!, 1, 2) },
  { name: 'slice of a constant', inputs: [floats([2])], fn: (x) => tf.mul(x!, tf.slice(tf.range(0, 6), [2], [2])) },
  ...[
    { shape: [6], begin: [1], end: [6], strides: [2] },
    { shape: [6], begin: [-1], end: [-7], strides: [-1] },
    { shape: [6], begin: [4], end: [0], strides: [-2] },
    { shape: [6], begin: [-2], end: [-5], strides: [-1] },
    { shape: [3, 6], begin: [0, 5], end: [3, 1], strides: [2, -3] },
    { shape: [2, 3, 5], begin: [0, 0, 1], end: [2, 3, 5], strides: [1, 2, 3] },
    { shape: [3, 4], begin: [0, 1], end: [0, 4], strides: [1, 1] },
    { shape: [7], begin: [0], end: [7], strides: [3] },
    { shape: [7], begin: [6], end: [-8], strides: [-3] },
  ].flatMap(({ shape, begin, end, strides }) =>
    eachType(`stridedSlice [${shape}] from [${begin}] to [${end}] by [${strides}]`, shape, (x) =>
      tf.stridedSlice(x, begin, end, strides),
    ).map((c) => ({ ...c, noGradient: 'tfjs has none' })),
  ),
  {
    name: 'stridedSlice with masks',
    inputs: [floats([3, 4, 2])],
    fn: (x) => [
      tf.stridedSlice(x!, [1, 1, 0], [2, 3, 1], [1, 1, 1], 1),
      tf.stridedSlice(x!, [1, 1, 0], [2, 3, 1], [1, 1, 1], 0, 3),
      tf.stridedSlice(x!, [1, 1, 0], [2, 3, 1], [1, 1, 1], 0, 0, 0, 0, 3),
      tf.stridedSlice(x!, [1, 1], [2, 2], [1, 1], 0, 0, 1),
      tf.stridedSlice(x!, [0, 0, 0, 0], [3, 1, 4, 2], [1, 1, 1, 1], 0, 0, 0, 2),
      tf.stridedSlice(x!, [2, 3, 1], [0, 0, 0], [-1, -1, -1], 0, 7),
    ],
    noGradient: 'tfjs has none',
  },
];

const pads: Case[] = [
  ...[
    { shape: [3], paddings: [[1, 2]] },
    { shape: [3], paddings: [[0, 0]] },
    {
      shape: [2, 3],
      paddings: [
        [0, 1],
        [2, 0],
      ],
    },
    {
      shape: [2, 1, 3],
      paddings: [
        [0, 0],
        [1, 1],
        [0, 2],
      ],
    },
    {
      shape: [2, 1, 3, 2],
      paddings: [
        [1, 0],
        [0, 0],
        [0, 2],
        [1, 1],
      ],
    },
  ].flatMap(({ shape, paddings }) => [
    ...eachType(`pad [${shape}] by [${paddings.join(' ')}]`, shape, (x) => tf.pad(x, paddings as [number, number][])),
    {
      name: `pad [${shape}] by [${paddings.join(' ')}] with 7`,
      inputs: [floats(shape)],
      fn: (x: tf.Tensor) => tf.pad(x, paddings as [number, number][], 7),
    },
  ]),
  ...(['reflect', 'symmetric'] as const)
    .flatMap((mode) => [
      ...eachType(`mirrorPad ${mode}`, [3, 4], (x) =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          mode,
        ),
      ),
      {
        name: `mirrorPad ${mode} of a vector`,
        inputs: [floats([3])],
        fn: (x: tf.Tensor) => tf.mirrorPad(x, [[2, 1]], mode),
      },
    ])
    .map((c): Case => ({ ...c, noGradient: 'tfjs takes the gradient by slicing, which forgets the mirrored part' })),
];

const makers: Case[] = [
  {
    name: 'fill, zerosLike, onesLike of every type',
    inputs: every([2, 3]),
    fn: (...x) =>
      x.flatMap((t) => [tf.zerosLike(t), tf.onesLike(t), tf.fill([2], 2, t.dtype === 'bool' ? 'int32' : t.dtype)]),
    noGradient: noSlope,
  },
  {
    name: 'ranges',
    inputs: [floats([3])],
    fn: (x) => [
      tf.range(0, 4),
      tf.range(5, 1),
      tf.range(0, 1, 0.25),
      tf.range(0, 6, 2, 'int32'),
      tf.range(4, -2, -3, 'int32'),
      tf.add(x!, tf.range(0, 3)),
    ],
    noGradient: 'most outputs do not depend on the input',
  },
  {
    name: 'linspace',
    inputs: [floats([4])],
    fn: (x) => [tf.linspace(0, 1, 5), tf.linspace(3, -1, 4), tf.linspace(2, 9, 1), tf.mul(x!, tf.linspace(0, 1, 4))],
    noGradient: 'most outputs do not depend on the input',
  },
  { name: 'eye', inputs: [floats([3, 3])], fn: (x) => tf.mul(x!, tf.eye(3)) },
  {
    name: 'diag',
    inputs: [floats([3])],
    fn: (x) => [tf.diag(x!), tf.diag(tf.reshape(x!, [3, 1]))],
    noGradient: 'tfjs has none',
  },
  {
    name: 'oneHot',
    inputs: [exactly([0, 2, 1, 3, -1], [5], 'int32'), exactly([1, 0, 2, 2], [2, 2], 'int32')],
    fn: (a, b) => [
      tf.oneHot(a!, 3),
      tf.oneHot(b!, 3),
      tf.oneHot(b!, 3, 0.9, 0.05),
      tf.oneHot(b!, 3, 5, 2, 'int32'),
      tf.oneHot(b!, 3, 1, 0, 'bool'),
      tf.oneHot(tf.scalar(1, 'int32'), 2),
    ],
  },
  {
    name: 'linalg bandPart',
    inputs: [floats([3, 4])],
    fn: (x) => tf.linalg.bandPart(x!, 1, 0),
    noGradient: 'its mask is made of comparisons',
  },
];

const selections: Case[] = [
  ...[[], [4], [2, 3], [2, 3, 2]].flatMap((shape): Case[] => [
    {
      name: `where of [${shape}]`,
      inputs: [bools(shape), floats(shape), floats(shape)],
      fn: (c, a, b) => tf.where(c!, a!, b!),
    },
    {
      name: `int32 where of [${shape}]`,
      inputs: [bools(shape), ints(shape), ints(shape)],
      fn: (c, a, b) => tf.where(c!, a!, b!),
    },
    {
      name: `bool where of [${shape}]`,
      inputs: [bools(shape), bools(shape), bools(shape)],
      fn: (c, a, b) => tf.where(c!, a!, b!),
    },
  ]),
  ...(
    [
      [[2, 1], [2, 3], [3]],
      [[2, 3], [], [2, 3]],
      [[3], [2, 3], []],
      [[2, 3], [1], []],
    ] as const
  ).map(([c, a, b]): Case => ({
    name: `where broadcast over [${c}], [${a}] and [${b}]`,
    inputs: [bools(c), floats(a), floats(b)],
    fn: (condition, x, y) => tf.where(condition!, x!, y!),
  })),
  {
    name: 'where with constants',
    inputs: [bools([2, 3]), floats([2, 3])],
    fn: (c, x) => [tf.where(c!, x!, tf.zerosLike(x!)), tf.where(c!, tf.fill([2, 3], -1e9), x!), tf.where(c!, x!, 3)],
  },
  {
    name: 'where of two constants',
    inputs: [bools([2, 3])],
    fn: (c) => [tf.where(c!, tf.ones([2, 3]), tf.zeros([2, 3])), tf.where(c!, 1, 0)],
  },
  {
    name: 'gather',
    inputs: [floats([4, 3]), exactly([2, 0, 2], [3], 'int32')],
    fn: (x, i) => [tf.gather(x!, i!), tf.gather(x!, tf.scalar(1, 'int32'))],
  },
  {
    name: 'gather along an axis',
    inputs: [floats([2, 4, 3]), exactly([2, 0, 3], [3], 'int32')],
    fn: (x, i) => tf.gather(x!, i!, 1),
  },
  {
    name: 'gather along the last axis',
    inputs: [floats([2, 4]), exactly([2, 0, 3], [3], 'int32')],
    fn: (x, i) => tf.gather(x!, i!, -1),
    noGradient: 'tfjs takes negative axes for the gradient wrongly',
  },
  {
    name: 'gather with a table of indices',
    inputs: [floats([4, 2]), exactly([2, 0, 3, 1], [2, 2], 'int32')],
    fn: (x, i) => tf.gather(x!, i!),
  },
  { name: 'int32 gather', inputs: [ints([4]), exactly([2, 0, 2], [3], 'int32')], fn: (x, i) => tf.gather(x!, i!) },
  {
    name: 'gatherND',
    inputs: [floats([3, 4]), exactly([0, 1, 2, 3], [2, 2], 'int32')],
    fn: (x, i) => [tf.gatherND(x!, i!), tf.gatherND(x!, tf.slice(i!, [0, 0], [2, 1]))],
    noGradient: 'tfjs has none',
  },
  {
    name: 'scatterND',
    inputs: [exactly([0, 2, 0], [3, 1], 'int32'), floats([3, 2])],
    fn: (i, x) => tf.scatterND(i!, x!, [4, 2]),
    noGradient: 'tfjs has none',
  },
  {
    name: 'unsortedSegmentSum',
    inputs: [floats([4, 2]), exactly([0, 2, 0, 1], [4], 'int32')],
    fn: (x, ids) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 3),
  },
  {
    name: 'int32 unsortedSegmentSum',
    inputs: [ints([4]), exactly([0, 2, 0, 1], [4], 'int32')],
    fn: (x, ids) => tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 4),
  },
];

export const shapingCases: readonly Case[] = [...movements, ...joins, ...slices, ...pads, ...makers, ...selections];
