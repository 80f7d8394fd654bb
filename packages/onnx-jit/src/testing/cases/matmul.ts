import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { floats } from '../sample';

const transposes = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

/** Batch axes: none, equal, broadcast on either side, more on one side, of length one. */
const batches: readonly (readonly [number[], number[]])[] = [
  [[], []],
  [[1], [1]],
  [[2], [2]],
  [[2], [1]],
  [[1], [2]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [[], [2, 2]],
  [[2], []],
];

const shapes = (transpose: boolean, rows: number, columns: number): number[] =>
  transpose ? [columns, rows] : [rows, columns];

const products: Case[] = batches.flatMap(([left, right]) =>
  transposes.map(([a, b]) => ({
    name: `matMul of batches [${left}] and [${right}]${a ? ', a transposed' : ''}${b ? ', b transposed' : ''}`,
    inputs: [floats([...left, ...shapes(a, 2, 3)]), floats([...right, ...shapes(b, 3, 4)])],
    fn: (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, a, b),
    ...(String(left) === String(right) ? {} : { noGradient: 'tfjs does not undo the broadcasting of batches' }),
  })),
);

const others: Case[] = [
  { name: 'matMul of one row', inputs: [floats([1, 3]), floats([3, 1])], fn: (a, b) => tf.matMul(a!, b!) },
  { name: 'matMul with ones', inputs: [floats([2, 3])], fn: (a) => tf.matMul(a!, tf.ones([3, 4])) },
  { name: 'matMul with zeros', inputs: [floats([2, 3])], fn: (a) => tf.matMul(tf.zeros([4, 2]), a!) },
  ...[511, 512].map((columns): Case => ({
    name: `matMul, a transposed, ${columns} columns`,
    inputs: [floats([3, 2]), floats([3, columns])],
    fn: (a, b) => tf.matMul(a!, b!, true),
  })),
  { name: 'matMul with itself', inputs: [floats([3, 4])], fn: (a) => tf.matMul(a!, a!, false, true) },
  {
    name: 'a product of transposed tensors',
    inputs: [floats([2, 3, 4]), floats([2, 5, 4])],
    fn: (a, b) => tf.matMul(tf.transpose(a!, [0, 2, 1]), tf.transpose(b!, [0, 2, 1]), true),
  },
  { name: 'dot of vectors', inputs: [floats([3]), floats([3])], fn: (a, b) => tf.dot(a!, b!) },
  { name: 'dot of matrix and vector', inputs: [floats([2, 3]), floats([3])], fn: (a, b) => tf.dot(a!, b!) },
  {
    name: 'outerProduct',
    inputs: [floats([2]), floats([3])],
    fn: (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
  },
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).flatMap((activation): Case[] => [
    {
      name: `fused matMul, ${activation}`,
      inputs: [floats([2, 3]), floats([3, 4]), floats([4])],
      fn: (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation, leakyreluAlpha: 0.3 }),
      ...(activation === 'sigmoid' || activation === 'leakyrelu'
        ? { noGradient: 'tfjs does not fuse its gradient' }
        : {}),
    },
  ]),
  {
    name: 'fused matMul without a bias, transposed',
    inputs: [floats([3, 2]), floats([4, 3])],
    fn: (a, b) => tf.fused.matMul({ a: a!, b: b!, transposeA: true, transposeB: true, activation: 'relu' }),
  },
  ...(
    [
      ['ij,jk->ik', [2, 3], [3, 4]],
      ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]],
      ['bqd,bkd->bqk', [2, 3, 4], [2, 2, 4]],
      ['bhqd,bhkd->bhqk', [2, 2, 3, 4], [2, 2, 3, 4]],
      ['i,j->ij', [2], [3]],
      ['ij,ij->', [2, 3], [2, 3]],
    ] as const
  ).map(([equation, a, b]): Case => ({
    name: `einsum ${equation}`,
    inputs: [floats(a), floats(b)],
    fn: (x, y) => tf.einsum(equation, x!, y!),
    noGradient: 'tfjs has none',
  })),
  {
    name: 'einsum of one',
    inputs: [floats([2, 3])],
    fn: (x) => [tf.einsum('ij->ji', x!), tf.einsum('ij->j', x!), tf.einsum('ij->', x!)],
    noGradient: 'tfjs has none',
  },
];

export const matMulCases: readonly Case[] = [...products, ...others];
