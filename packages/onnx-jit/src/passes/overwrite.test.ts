import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { adam } from '../ops/adam';
import { jit } from '../jit';
import '../testing/all-close';
import { floats, makeTensor } from '../testing/sample';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

/** Large enough for an axpy in one node. */
const size = 64;
const matrix = (seed: number, rows = size, range = 0.2): tf.Tensor2D =>
  makeTensor(floats([rows, size], -range, range), seed) as tf.Tensor2D;
const x = matrix(1, 6, 1);
const y = matrix(2, 6, 1);

const axpy = (a: tf.Scalar, x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.add(tf.mul(a, x), y);

type Weights = readonly [tf.Variable<tf.Rank.R2>, tf.Variable<tf.Rank.R2>];

const createWeights = (): Weights => {
  const make = (seed: number): tf.Variable<tf.Rank.R2> => {
    const initial = matrix(seed);
    const variable = tf.variable(tf.clone(initial));
    initial.dispose(); // the clone would share its memory
    return variable;
  };
  return [make(3), make(4)];
};

const assign = (w: tf.Variable<tf.Rank.R2>, value: tf.Tensor): void => w.assign(value as tf.Tensor2D);
const loss = (h: tf.Tensor): tf.Scalar => tf.mean(tf.square(tf.sub(h, y)));
const descend = (w: tf.Variable<tf.Rank.R2>, gradient: tf.Tensor | undefined): void =>
  assign(w, axpy(tf.scalar(-0.1), gradient ?? tf.zeros(w.shape), w));

/** Loss and updates of both weights by gradient descent. */
function train(forward: (w: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor) {
  return ([w, v]: Weights): tf.Tensor => {
    const { value, grads } = tf.variableGrads(() => loss(forward(w, v)), [w, v]);
    descend(w, grads[w.name]);
    descend(v, grads[v.name]);
    return value;
  };
}

const twoLayers = (w: tf.Tensor2D, v: tf.Tensor2D): tf.Tensor => tf.matMul(tf.matMul(x, w), v);

/** Gradient descent that also takes something of the first weights before it and makes something of that after it. */
const trainAround =
  <T>(before: (w: tf.Tensor2D) => T, after: (taken: T, v: tf.Tensor2D) => tf.Tensor) =>
  (weights: Weights): tf.Tensor => {
    const taken = before(weights[0]);
    train(twoLayers)(weights);
    return after(taken, weights[1]);
  };

interface Step {
  /** Whether the new weights are to be written over the old ones. */
  readonly over: readonly [boolean, boolean];
  readonly of: (weights: Weights) => tf.Tensor;
}

const steps: Record<string, Step> = {
  // dL/dw needs v, and neither update needs the product that reads it.
  'two layers': { over: [true, true], of: train(twoLayers) },
  transposed: {
    over: [true, true],
    of: train((w, v) => tf.matMul(tf.matMul(x, w, false, true), tf.transpose(v))),
  },
  'a residual connection': {
    over: [true, true],
    of: train((w, v) => {
      const h = tf.add(x, tf.matMul(x, w));
      return tf.add(h, tf.matMul(tf.tanh(h), v));
    }),
  },
  'used twice': { over: [true, true], of: train((w, v) => tf.matMul(tf.matMul(tf.matMul(x, w), v), w)) },
  'scaled first': { over: [true, true], of: train((w, v) => tf.matMul(tf.matMul(x, tf.mul(w, 0.5)), tf.mul(v, 0.5))) },
  'a convolution': {
    over: [true, true],
    of: train((w, v) => {
      const image = tf.reshape(x, [1, 6, 8, 8]);
      const filter = (k: tf.Tensor): tf.Tensor4D => tf.reshape(k, [2, 4, 8, 64]);
      const h = tf.conv2d(image as tf.Tensor4D, filter(w), 1, 'same');
      return tf.matMul(tf.reshape(tf.slice(tf.reshape(h, [-1]), 0, 384), [6, 64]), v);
    }),
  },
  'Adam with weight decay': {
    over: [true, true],
    of: ([w, v]) => {
      const { value, grads } = tf.variableGrads(() => loss(twoLayers(w, v)), [w, v]);
      const controls = { rate: tf.scalar(0.01), scale: tf.scalar(1), floor: tf.scalar(0.01) };
      for (const variable of [w, v]) {
        const moments = { first: tf.zeros(variable.shape), second: tf.zeros(variable.shape) };
        const gradient = grads[variable.name] ?? tf.zeros(variable.shape);
        assign(variable, adam({ value: variable, ...moments }, gradient, controls, 0.1).value);
      }
      return value;
    },
  },
  'the old value is returned': {
    over: [false, true],
    of: trainAround(
      (w): tf.Tensor => tf.clone(w),
      (old) => old,
    ),
  },
  'part of the old value is returned': {
    over: [false, true],
    of: trainAround(
      (w) => tf.slice(w, [1, 0], [3, size]),
      (part) => part,
    ),
  },
  'a product of the old value after the update': {
    over: [false, true],
    of: trainAround(
      (w) => tf.clone(w),
      (old, v) => tf.matMul(tf.matMul(x, v), old),
    ),
  },
  'the update moves elements': {
    over: [false, false],
    of: ([w, v]) => {
      assign(w, axpy(tf.scalar(0.5), tf.transpose(w), w));
      assign(v, axpy(tf.scalar(0.5), tf.reverse(v, 0), v));
      return tf.sum(v);
    },
  },
  'added to something else, and to itself': {
    over: [true, false],
    of: ([w, v]) => {
      assign(w, axpy(tf.scalar(0.5), w, matrix(9)));
      assign(v, axpy(tf.scalar(0.5), v, v));
      return tf.sum(x);
    },
  },
};

/** Runs a step eagerly and compiled, three times; expects the same results and weights of both. */
async function compare(step: (weights: Weights) => tf.Tensor): Promise<boolean[]> {
  const [eager, weights] = [createWeights(), createWeights()];
  const compiled = jit(() => step(weights), { threads: 1 });
  let over: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    const memory = weights.map((w) => w.dataSync());
    const expected = tf.tidy(() => step(eager));
    const result = await compiled();
    expect(result).toBeAllClose(expected);
    weights.forEach((w, k) => expect(w).toBeAllClose(eager[k] ?? tf.zeros([])));
    over = weights.map((w, k) => w.dataSync() === memory[k]);
  }
  await compiled.dispose();
  return over;
}

describe('weights written over while the step runs', () => {
  it.each(Object.entries(steps))('%s', async (_, { over, of }) => {
    expect(await compare(of)).toEqual(over);
  });

  const optimizers: Record<string, () => tf.Optimizer> = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    adam: () => tf.train.adam(0.01, 0.9, 0.999, 0.01),
  };
  it.each(Object.entries(optimizers))('by %s of tfjs', async (_, create) => {
    const [first, second] = [create(), create()];
    const owner = new Map<Weights, tf.Optimizer>();
    const over = await compare((weights) => {
      const optimizer = owner.get(weights) ?? (owner.size === 0 ? first : second);
      owner.set(weights, optimizer);
      const [w, v] = weights;
      const { value, grads } = tf.variableGrads(() => loss(twoLayers(w, v)), [w, v]);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return value;
    });
    expect(over).toEqual([true, true]);
  });

  it('any order of reading and updating gives what eager gives', async () => {
    // A program is a list of numbers: which weight each line takes, what it does with it and with which earlier line.
    const line = fc.record({ kind: fc.nat(9), weight: fc.nat(1), earlier: fc.nat(9) });
    const program = fc.record({ lines: fc.array(line, { minLength: 2, maxLength: 9 }), returned: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(program, async ({ lines, returned }) => {
        await compare((weights) => {
          const rows: tf.Tensor2D[] = [x];
          const old = weights.map((w) => tf.clone(w));
          const pick = (i: number): tf.Tensor2D => rows[i % rows.length] ?? x;
          for (const { kind, weight, earlier } of lines) {
            const [w, before] = [weights[weight], old[weight] as tf.Tensor2D];
            if (!w) continue;
            const h = pick(earlier);
            const last = pick(rows.length - 1);
            const next = (): tf.Tensor2D => {
              switch (kind) {
                case 0:
                  return tf.matMul(h, w);
                case 1:
                  return tf.matMul(h, w, false, true);
                case 2:
                  return tf.add(last, tf.matMul(h, w));
                case 3:
                  return tf.matMul(h, before);
                case 4:
                  return tf.tanh<tf.Tensor2D>(tf.matMul<tf.Tensor2D>(h, tf.mul<tf.Tensor2D>(w, 0.5)));
                case 5:
                  return tf.add<tf.Tensor2D>(h, tf.mul(tf.sum(w), 0.01));
                case 6:
                  return tf.add(h, tf.slice(w, [0, 0], [6, size]));
                default: {
                  const gradient = tf.matMul(h, last, true);
                  assign(w, axpy(tf.scalar(-0.02), gradient, w));
                  return tf.softmax(h);
                }
              }
            };
            rows.push(next());
          }
          return pick(returned);
        });
      }),
      { numRuns: 150, seed: 7 },
    );
  }, 60_000);
});
