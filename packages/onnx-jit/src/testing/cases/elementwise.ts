import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { bools, exactly, floats, ints, nonZeroInts, signed, type Sample } from '../sample';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type Shape = readonly number[];

/** Pairs of shapes that tfjs broadcasts: scalars, axes of length one on either side, missing axes, ranks 0 to 6. */
const broadcasts: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[3], [3]],
  [[], [2, 3]],
  [[2, 3], []],
  [[1], [2, 3]],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [1, 1, 4],
    [2, 3, 1],
  ],
  [
    [2, 1, 3, 1],
    [1, 4, 1, 2],
  ],
  [
    [2, 1, 2, 1, 2],
    [2, 1, 2, 1],
  ],
  [
    [2, 2, 1, 2, 2, 1],
    [1, 2, 2, 2, 1, 2],
  ],
  [
    [0, 3],
    [1, 3],
  ],
];

const noSlope = 'tfjs defines no gradient or it is zero everywhere';

/** In- and outputs that lose digits on both sides: compared less strictly there, with the reason. */
interface Loose {
  readonly relative?: number;
  readonly absolute?: number;
}

const unary = (name: string, fn: Unary, make: (shape: Shape) => Sample, loose: Loose = {}): Case[] => [
  { name: `${name} of a scalar`, inputs: [make([])], fn, ...loose },
  { name: `${name} of [2,3]`, inputs: [make([2, 3])], fn, ...loose },
  { name: `${name} of six axes`, inputs: [make([2, 1, 2, 1, 3, 1])], fn, ...loose },
  { name: `${name} of nothing`, inputs: [make([0, 2])], fn, ...loose },
  { name: `${name} of a constant`, inputs: [make([2])], fn: (x) => tf.mul(x, fn(tf.fill([2], 0.5 + offset(make)))) },
];

// Constants must lie where the function is defined.
const offset = (make: (shape: Shape) => Sample): number => (make([]).next(() => 0, 0) >= 1 ? 1 : 0);

const within =
  (low: number, high: number) =>
  (shape: Shape): Sample =>
    floats(shape, low, high);

const awayFromZero = (shape: Shape): Sample => signed(shape);

// ONNX Runtime approximates these in float32 to a few units in the last place of the largest intermediate result;
// tfjs computes in float64 and rounds.
const trigonometric = { relative: 2e-5, absolute: 4e-6 };

const unaries: Case[] = [
  ...unary('abs', tf.abs, awayFromZero),
  ...unary('acos', tf.acos, within(-0.9, 0.9), trigonometric),
  ...unary('acosh', tf.acosh, within(1.2, 4), trigonometric),
  ...unary('asin', tf.asin, within(-0.9, 0.9), trigonometric),
  ...unary('asinh', tf.asinh, within(-4, 4), trigonometric),
  ...unary('atan', tf.atan, within(-4, 4), trigonometric),
  ...unary('atanh', tf.atanh, within(-0.9, 0.9), trigonometric),
  ...unary('ceil', tf.ceil, awayFromZero),
  ...unary('clipByValue', (x) => tf.clipByValue(x, -1, 0.75), within(-2, 2)),
  ...unary('cos', tf.cos, within(-6, 6), trigonometric),
  ...unary('cosh', tf.cosh, within(-3, 3), trigonometric),
  ...unary('elu', tf.elu, awayFromZero),
  ...unary('erf', tf.erf, within(-3, 3)),
  ...unary('exp', tf.exp, within(-5, 5)),
  ...unary('expm1', tf.expm1, within(-2, 2)),
  ...unary('floor', tf.floor, awayFromZero),
  ...unary('leakyRelu', (x) => tf.leakyRelu(x, 0.1), awayFromZero),
  ...unary('log', tf.log, within(0.1, 9)),
  ...unary('log1p', tf.log1p, within(-0.5, 9)),
  ...unary('logSigmoid', tf.logSigmoid, within(-9, 9)),
  ...unary('neg', tf.neg, within(-2, 2)),
  ...unary('reciprocal', tf.reciprocal, awayFromZero),
  ...unary('relu', tf.relu, awayFromZero),
  ...unary('relu6', (x) => tf.relu6(tf.mul(x, 5)), awayFromZero),
  ...unary('round', tf.round, within(-3, 3)),
  ...unary('rsqrt', tf.rsqrt, within(0.1, 9)),
  ...unary('selu', tf.selu, awayFromZero),
  ...unary('sigmoid', tf.sigmoid, within(-9, 9)),
  ...unary('sign', tf.sign, awayFromZero),
  ...unary('sin', tf.sin, within(-6, 6), trigonometric),
  ...unary('sinh', tf.sinh, within(-3, 3), trigonometric),
  ...unary('softplus', tf.softplus, within(-9, 9)),
  ...unary('sqrt', tf.sqrt, within(0.1, 9)),
  ...unary('square', tf.square, within(-3, 3)),
  ...unary('step', (x) => tf.step(x), awayFromZero),
  ...unary('step with a slope below', (x) => tf.step(x, 0.25), awayFromZero),
  ...unary('tan', tf.tan, within(-1.2, 1.2), trigonometric),
  ...unary('tanh', tf.tanh, within(-4, 4)),
];

const special = exactly([0, -0, 1, -1, NaN, Infinity, -Infinity, 0.5, -0.5, 1.5, 2.5, -2.5]);

/** Values at the edges of float32: what is no number, infinite, or halfway between two integers. */
const edges: Case[] = [
  ...Object.entries({
    abs: tf.abs,
    isNaN: tf.isNaN,
    isInf: tf.isInf,
    isFinite: tf.isFinite,
    round: tf.round,
    floor: tf.floor,
    ceil: tf.ceil,
    // NaN stays NaN where tfjs says 0.
    sign: (x: tf.Tensor) => tf.sign(x.where(tf.isFinite(x), 3)),
    relu: tf.relu,
    relu6: tf.relu6,
    exp: tf.exp,
    sqrt: (x: tf.Tensor) => tf.sqrt(tf.abs(x)),
    sigmoid: tf.sigmoid,
    tanh: tf.tanh,
    softplus: tf.softplus,
    elu: tf.elu,
    selu: tf.selu,
    leakyRelu: (x: tf.Tensor) => tf.leakyRelu(x, 0.1),
    // Where tfjs keeps NaN this is the value below zero.
    step: (x: tf.Tensor) => tf.step(x.where(tf.equal(x, x), -1), 0.5),
    reciprocal: tf.reciprocal,
    log1p: tf.log1p,
    expm1: tf.expm1,
    toInt: (x: tf.Tensor) => tf.cast(tf.clipByValue(x.where(tf.isFinite(x), 0), -9, 9), 'int32'),
    toBool: (x: tf.Tensor) => tf.cast(x, 'bool'),
  }).map(([name, fn]) => ({ name: `${name} at the edges`, inputs: [special], fn, noGradient: noSlope })),
  {
    name: 'expm1 and log1p next to zero',
    inputs: [exactly([1e-7, -1e-7, 1e-4, -1e-4, 9.9e-3, -9.9e-3, 1.01e-2, -1.01e-2, 0])],
    fn: (x) => [tf.expm1(x), tf.log1p(x)],
    relative: 3e-5, // just above the switch to the exact form 1 + x has lost two digits
    absolute: 1e-12,
  },
  {
    name: 'softplus and log-sigmoid far out',
    inputs: [exactly([-100, -30, -15, 15, 30, 100])],
    fn: (x) => [tf.softplus(x), tf.logSigmoid(x), tf.sigmoid(x)],
  },
];

const binary = (name: string, fn: Binary, a: (s: Shape) => Sample, b = a, rest: Partial<Case> = {}): Case[] =>
  broadcasts.map(([left, right]) => ({
    name: `${name} of [${left}] and [${right}]`,
    inputs: [a(left), b(right)],
    fn: (x, y) => fn(x!, y!),
    ...(left.includes(0) ? { noGradient: 'tfjs does not reduce the gradient of an empty result' } : {}),
    ...rest,
  }));

/** Kernels whose tfjs gradient does not undo broadcasting: compared for equal shapes only. */
const withoutBroadcastGradient = (cases: Case[]): Case[] =>
  cases.map((c) =>
    String(c.inputs[0]?.shape) === String(c.inputs[1]?.shape)
      ? c
      : { ...c, noGradient: 'tfjs has no gradient of it under broadcasting' },
  );

const any = (shape: Shape): Sample => floats(shape);
const smallInts = (shape: Shape): Sample => ints(shape);
const comparisons = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
};

const binaries: Case[] = [
  ...binary('add', tf.add, any),
  ...binary('sub', tf.sub, any),
  ...binary('mul', tf.mul, any),
  ...binary('div', tf.div, any, awayFromZero),
  ...binary('divNoNan', tf.divNoNan, any, awayFromZero, { noGradient: 'tfjs builds it from comparisons' }),
  ...binary('floorDiv', tf.floorDiv, within(-9, 9), awayFromZero, { noGradient: noSlope }),
  ...binary('mod', tf.mod, within(-9, 9), awayFromZero, { absolute: 1e-5 }), // the difference of numbers near 9
  ...binary('pow', tf.pow, within(0.2, 3), any),
  ...withoutBroadcastGradient(binary('maximum', tf.maximum, any)),
  ...withoutBroadcastGradient(binary('minimum', tf.minimum, any)),
  ...withoutBroadcastGradient(binary('squaredDifference', tf.squaredDifference, any)),
  ...binary('atan2', tf.atan2, awayFromZero, awayFromZero, trigonometric),
  ...(Object.entries(comparisons).flatMap(([name, fn]) => [
    ...binary(name, fn, smallInts, smallInts, { noGradient: noSlope }),
    { name: `${name} of floats`, inputs: [exactly([1, 2, NaN, 0]), exactly([2, 2, NaN, -0])], fn, noGradient: noSlope },
    { name: `${name} of bools`, inputs: [bools([2, 3]), bools([3])], fn: fn as Case['fn'], noGradient: noSlope },
  ]) as Case[]),
  ...binary('logicalAnd', tf.logicalAnd, bools),
  ...binary('logicalOr', tf.logicalOr, bools),
  ...binary('logicalXor', tf.logicalXor, bools),
  { name: 'logicalNot', inputs: [bools([2, 3])], fn: (x) => tf.logicalNot(x as tf.Tensor) },
];

/** Integers keep their type, divide towards minus infinity and take the divisor's sign in a remainder. */
const integers: Case[] = [
  ...Object.entries({
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    maximum: tf.maximum,
    minimum: tf.minimum,
    squaredDifference: tf.squaredDifference,
  }).flatMap(([name, fn]) => binary(`int32 ${name}`, fn, smallInts)),
  ...binary('int32 div', tf.div, (s) => ints(s, -9, 9), nonZeroInts),
  ...binary('int32 floorDiv', tf.floorDiv, (s) => ints(s, -9, 9), nonZeroInts),
  ...binary('int32 mod', tf.mod, (s) => ints(s, -9, 9), nonZeroInts),
  ...binary(
    'int32 pow',
    tf.pow,
    (s) => ints(s, -3, 3),
    (s) => ints(s, 0, 3),
  ),
  ...Object.entries({ abs: tf.abs, neg: tf.neg, sign: tf.sign, square: tf.square, relu: tf.relu }).map(
    ([name, fn]): Case => ({ name: `int32 ${name}`, inputs: [ints([2, 3])], fn: fn as Case['fn'] }),
  ),
  { name: 'exp of int32 is float32', inputs: [ints([2, 3])], fn: (x) => tf.exp(x!) },
  {
    name: 'int32 and float32 mix to float32',
    inputs: [ints([2, 3]), floats([3])],
    fn: (a, b) => [tf.add(a!, b!), tf.mul(a!, b!), tf.sub(b!, a!)],
  },
  {
    name: 'bool and float32 mix to float32',
    inputs: [bools([2, 3]), floats([3])],
    fn: (a, b) => [tf.add(a!, b!), tf.mul(a!, b!), tf.sub(b!, a!)],
  },
  {
    name: 'bool and int32 mix to int32',
    inputs: [bools([2, 3]), ints([3])],
    fn: (a, b) => [tf.add(a!, b!), tf.mul(a!, b!), tf.sub(b!, a!)],
  },
  { name: 'int32 clipByValue', inputs: [ints([2, 3])], fn: (x) => tf.clipByValue(x!, -1, 2) },
  {
    name: 'casts between all types',
    inputs: [floats([2, 3]), ints([2, 3]), bools([2, 3])],
    fn: (f, i, b) =>
      [f!, i!, b!].flatMap((x) => (['float32', 'int32', 'bool'] as const).map((dtype) => tf.cast(x, dtype))),
    noGradient: 'several outputs are integers',
  },
  {
    name: 'a gradient through casts',
    inputs: [floats([2, 3]), ints([2, 3]), bools([2, 3])],
    fn: (x, i, b) => tf.mul(tf.mul(tf.cast(x!, 'float32'), tf.cast(i!, 'float32')), tf.cast(b!, 'float32')),
  },
];

const constants: readonly [string, (shape: number[]) => tf.Tensor][] = [
  ['zeros', (shape) => tf.zeros(shape)],
  ['ones', (shape) => tf.ones(shape)],
  ['twos', (shape) => tf.fill(shape, 2)],
  [
    'a stored constant',
    (shape) =>
      tf.tensor(
        Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => i + 1),
        shape,
      ),
  ],
];

/** What the recorder simplifies: constants that are one number, on either side, smaller and larger than the tensor. */
const splats: Case[] = constants.flatMap(([what, make]) =>
  [
    [[2, 3], []],
    [
      [2, 3],
      [2, 3],
    ],
    [[3], [2, 3]],
    [[2, 3], [3]],
    [
      [2, 1],
      [1, 3],
    ],
    [[], [2, 2]],
    [[1], []],
    [[], [1, 1]],
  ].map(([shape = [], constant = []]): Case => ({
    name: `[${shape}] with ${what} [${constant}] on either side`,
    inputs: [signed(shape)],
    fn: (x) => {
      const c = make(constant);
      // tfjs's gradients of these do not undo broadcasting.
      const plain = tf.util.arraysEqual([...shape], constant) ? [tf.maximum, tf.minimum, tf.squaredDifference] : [];
      return [
        ...[tf.add, tf.sub, tf.mul, ...plain].flatMap((op) => [op(x!, c), op(c, x!)]),
        tf.div(c, x!),
        tf.pow(tf.abs(x!), c),
        ...(what === 'zeros' ? [] : [tf.div(x!, c), tf.pow(c, x!)]),
      ];
    },
  })),
);

const integerSplats: Case[] = [0, 1, 2].map((n) => ({
  name: `int32 and bool with a constant ${n}`,
  inputs: [nonZeroInts([2, 3]), bools([2, 3])],
  fn: (i, b) => {
    const c = tf.fill([2, 3], n, 'int32');
    const wide = tf.fill([2, 2, 3], n, 'int32');
    const one = tf.scalar(n, 'int32');
    return [
      ...[c, wide, one].flatMap((k) => [tf.add(i!, k), tf.sub(i!, k), tf.mul(k, i!), tf.mul(i!, k), tf.add(k, i!)]),
      tf.mul(b!, c),
      tf.add(b!, c),
      tf.mul(c, b!),
      tf.mul(b!, tf.fill([2, 3], n)),
      tf.greater(i!, c),
      tf.equal(wide, i!),
      tf.maximum(i!, wide),
    ];
  },
}));

const others: Case[] = [
  {
    name: 'addN of several',
    inputs: [floats([2, 3]), floats([2, 3]), floats([2, 3])],
    fn: (...x) => tf.addN(x),
  },
  { name: 'addN of one', inputs: [floats([2, 3])], fn: (...x) => tf.addN(x) },
  { name: 'addN with zeros', inputs: [floats([2, 3])], fn: (x) => tf.addN([tf.zeros([2, 3]), x!, tf.zeros([2, 3])]) },
  { name: 'int32 addN', inputs: [ints([2, 3]), ints([2, 3])], fn: (...x) => tf.addN(x) },
  { name: 'prelu', inputs: [signed([2, 3]), floats([3])], fn: (x, a) => tf.prelu(x!, a!) },
  { name: 'prelu per channel', inputs: [signed([2, 2, 3, 2]), floats([2])], fn: (x, a) => tf.prelu(x!, a!) },
  { name: 'maximum with ties', inputs: [exactly([1, 2, 3]), exactly([1, 3, 2])], fn: (a, b) => tf.maximum(a!, b!) },
  { name: 'minimum with ties', inputs: [exactly([1, 2, 3]), exactly([1, 3, 2])], fn: (a, b) => tf.minimum(a!, b!) },
  {
    name: 'pow with fixed exponents',
    inputs: [floats([2, 3], 0.3, 2)],
    fn: (x) => [0, 0.5, 1, 2, 3, -1, -0.5, 2.5].map((p) => tf.pow(x!, p)),
  },
  { name: 'pow of negative numbers', inputs: [signed([6])], fn: (x) => [tf.pow(x!, 2), tf.pow(x!, 3)] },
  {
    name: 'pow of zero',
    inputs: [exactly([0, 0, 0, 0]), exactly([0, 1, 2, 0.5])],
    fn: (a, b) => tf.pow(a!, b!),
    noGradient: 'log 0 is infinite',
  },
  {
    name: 'atan2 in all quadrants and on the axes',
    inputs: [exactly([1, 1, -1, -1, 0, 0, 1, -1]), exactly([1, -1, 1, -1, 1, -1, 0, 0])],
    fn: (y, x) => tf.atan2(y!, x!),
    ...trigonometric,
  },
  {
    name: 'atan2 at the origin',
    inputs: [exactly([0]), exactly([0])],
    fn: (y, x) => tf.atan2(y!, x!),
    noGradient: 'undefined at the origin',
  },
  {
    name: 'floorDiv and mod of floats with both signs',
    inputs: [exactly([7, -7, 7, -7, 6, -6]), exactly([2, 2, -2, -2, 3, 3])],
    fn: (a, b) => [tf.floorDiv(a!, b!), tf.mod(a!, b!)],
    noGradient: noSlope,
  },
  {
    name: 'floorDiv and mod of integers with both signs',
    inputs: [exactly([7, -7, 7, -7, 6, -6, 0], [7], 'int32'), exactly([2, 2, -2, -2, 3, 3, -3], [7], 'int32')],
    fn: (a, b) => [tf.floorDiv(a!, b!), tf.mod(a!, b!)],
  },
  {
    name: 'one tensor used twice',
    inputs: [floats([2, 3])],
    fn: (x) => tf.add(tf.mul(x!, x!), tf.sub(x!, tf.div(x!, tf.add(tf.square(x!), 1)))),
  },
];

export const elementwiseCases: readonly Case[] = [
  ...unaries,
  ...edges,
  ...binaries,
  ...integers,
  ...splats,
  ...integerSplats,
  ...others,
];
