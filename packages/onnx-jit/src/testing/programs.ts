import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { adam } from '../ops/adam';
import { floats, makeTensor } from './sample';

/** A training step over a few weights, put together by chance. */
export interface Program {
  /** What each line computes from which earlier rows and which weights. */
  readonly lines: readonly { readonly kind: number; readonly weight: number; readonly earlier: number }[];
  readonly optimizer: OptimizerName;
  /** Shapes of the weights' sides; the first is the input's. */
  readonly sizes: readonly number[];
}

export type OptimizerName = keyof typeof optimizers;

/** Every optimiser of tfjs, and the one of this package (null). */
export const optimizers = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  nesterov: () => tf.train.momentum(0.1, 0.9, true),
  adam: () => tf.train.adam(0.05),
  adamax: () => tf.train.adamax(0.05),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.5),
  rmsprop: () => tf.train.rmsprop(0.02, 0.9, 0.5),
  centred: () => tf.train.rmsprop(0.02, 0.9, 0.5, 1e-7, true),
  own: () => null,
} as const;

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

/** Programs over three to eight weights, the smallest and the largest of them by chance of one size. */
export const programs = (names: readonly OptimizerName[] = optimizerNames): fc.Arbitrary<Program> =>
  fc.record({
    lines: fc.array(fc.record({ kind: fc.nat(7), weight: fc.nat(9), earlier: fc.nat(9) }), {
      minLength: 3,
      maxLength: 9,
    }),
    optimizer: fc.constantFrom(...names),
    sizes: fc.constant([6]),
  });

const rows = 5;
const width = 6;

export interface Training {
  readonly weights: readonly tf.Variable[];
  /** One step; x and y are [rows, width], rate a scalar. */
  readonly step: (batch: Batch) => { loss: tf.Tensor; rows: tf.Tensor };
}

export interface Batch {
  readonly [name: string]: tf.Tensor;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly rate: tf.Tensor;
}

export const batchOf = (seed: number): Batch => ({
  x: makeTensor(floats([rows, width]), 2 * seed + 1),
  y: makeTensor(floats([rows, width]), 2 * seed + 2),
  rate: tf.scalar(0.02 / (1 + seed)),
});

/** Fresh weights, and the step of a program on them. */
export function training({ lines, optimizer: name }: Program): Training {
  const weights = lines.map(({ kind }, i) => {
    const shape = kind < 4 ? [width, width] : kind < 6 ? [width] : [1, width];
    const initial = makeTensor(floats(shape, -0.5, 0.5), 100 + i);
    const variable = tf.variable(tf.clone(initial));
    initial.dispose();
    return variable;
  });
  const optimizer = optimizers[name]();
  const moments = weights.map(({ shape }) => [tf.variable(tf.zeros(shape)), tf.variable(tf.zeros(shape))] as const);

  const forward = (x: tf.Tensor): tf.Tensor => {
    const values: tf.Tensor[] = [x];
    lines.forEach(({ kind, weight, earlier }, i) => {
      const own = weights[i];
      const other = weights[weight % weights.length];
      const h = values[earlier % values.length];
      const last = values.at(-1);
      if (!own || !other || !h || !last) return;
      values.push(lineOf(kind, own, other, h, last));
    });
    return values.at(-1) ?? x;
  };
  return {
    weights,
    step: ({ x, y, rate }) => {
      let out: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        out = tf.keep(forward(x));
        return tf.mean(tf.square(tf.sub(out, y))) as tf.Scalar;
      }, weights as tf.Variable[]);
      const named = Object.entries(grads).flatMap(([name, tensor]) => (tensor ? [{ name, tensor }] : []));
      if (optimizer) optimizer.applyGradients(named);
      else {
        const controls = { rate: rate as tf.Scalar, scale: tf.scalar(0.5), floor: tf.scalar(0.01) };
        weights.forEach((value, i) => {
          const gradient = grads[value.name];
          const [first, second] = moments[i] ?? [];
          if (!gradient || !first || !second) return;
          const next = adam({ value, first, second }, gradient, controls, value.rank > 1 ? 0.1 : 0);
          first.assign(next.first);
          second.assign(next.second);
          value.assign(next.value);
        });
      }
      return { loss: value, rows: out ?? x };
    },
  };
}

/** A line always reads its own weight, so that every weight has a gradient. */
function lineOf(kind: number, own: tf.Variable, other: tf.Variable, h: tf.Tensor, last: tf.Tensor): tf.Tensor {
  const matrix = own as tf.Variable<tf.Rank.R2>;
  const square = (w: tf.Variable): boolean => w.rank === 2 && w.shape[0] === width;
  switch (kind) {
    case 0:
      return tf.tanh(tf.add(tf.matMul(h as tf.Tensor2D, matrix), last));
    case 1:
      return tf.matMul(tf.tanh(h) as tf.Tensor2D, tf.mul<tf.Tensor2D>(matrix, 0.5), false, true);
    case 2:
      return tf.softmax(tf.matMul(h as tf.Tensor2D, matrix));
    case 3: {
      const both: tf.Tensor2D = square(other) ? tf.matMul(matrix, other as tf.Tensor2D, true) : matrix;
      return tf.sub(last, tf.matMul(tf.neg(h) as tf.Tensor2D, both));
    }
    case 4:
      return tf.add(tf.mul(h, own), last);
    case 5: {
      const [left, right] = tf.split(tf.add(h, own), 2, 1);
      return left && right ? tf.concat([tf.mul(right, 2), tf.tanh(left)], 1) : h;
    }
    case 6:
      return tf.sub(tf.mul(last, 0.5), tf.mul(tf.sigmoid(h), own));
    default:
      return tf.add(tf.tanh(last), tf.mul(own, tf.sum(h, 1, true)));
  }
}
