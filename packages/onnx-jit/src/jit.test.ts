import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { CompileError } from './errors';
import { jit, type Compiled } from './jit';
import { layerNorm } from './ops/layer-norm';
import './testing/all-close';
import { exactly, floats, ints, makeTensor } from './testing/sample';
import type { TensorTree } from './record/arguments';
import { TRACE_BACKEND } from './record/trace-name';

const made: { dispose(): Promise<void> }[] = [];

/** `jit`, disposed of after the test. */
function compile<Args extends TensorTree[], Result extends TensorTree>(
  fn: (...args: Args) => Result,
): Compiled<Args, Result> {
  const compiled = jit(fn, { threads: 1 });
  made.push(compiled);
  return compiled;
}

const named = (gradients: tf.NamedTensorMap): { name: string; tensor: tf.Tensor }[] =>
  Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));

/** What a compiled function returns that only assigns. */
const done = (..._: unknown[]): null => null;

beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  for (const compiled of made.splice(0)) await compiled.dispose();
  tf.disposeVariables();
});

const features = makeTensor(floats([6, 4]), 1) as tf.Tensor2D;
const targets = makeTensor(floats([6, 2]), 2) as tf.Tensor2D;

interface Net {
  readonly w: tf.Variable;
  readonly v: tf.Variable;
}

const createNet = (): Net => ({
  w: tf.variable(makeTensor(floats([4, 5], -0.5, 0.5), 3)),
  v: tf.variable(makeTensor(floats([5, 2], -0.5, 0.5), 4)),
});

const lossOf = ({ w, v }: Net, x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  tf.mean(tf.square(tf.sub(tf.matMul(tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), v as tf.Tensor2D), y)));

describe('optimisers', () => {
  const optimizers: Record<string, () => tf.Optimizer> = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    'Nesterov momentum': () => tf.train.momentum(0.1, 0.9, true),
    adam: () => tf.train.adam(0.05),
    adamax: () => tf.train.adamax(0.05),
    adagrad: () => tf.train.adagrad(0.1),
    adadelta: () => tf.train.adadelta(0.5),
    rmsprop: () => tf.train.rmsprop(0.02, 0.9, 0.5),
    'centred rmsprop': () => tf.train.rmsprop(0.02, 0.9, 0.5, 1e-7, true),
  };

  it.each(Object.entries(optimizers))('%s: seven compiled steps equal seven eager ones', async (_, create) => {
    const eagerNet = createNet();
    const eagerOptimizer = create();
    const net = createNet();
    const optimizer = create();
    const step = compile(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const { value, grads } = tf.variableGrads(() => lossOf(net, x, y), [net.w, net.v]);
      optimizer.applyGradients(named(grads));
      return { loss: value };
    });
    for (let i = 0; i < 7; i++) {
      const expected = eagerOptimizer.minimize(() => lossOf(eagerNet, features, targets), true, [
        eagerNet.w,
        eagerNet.v,
      ]);
      const { loss } = await step({ x: features, y: targets });
      expect(loss).toBeAllClose(expected!);
    }
    expect(net.w).toBeAllClose(eagerNet.w, { relative: 1e-4, absolute: 1e-5 }); // seven steps of rounding
    expect(net.v).toBeAllClose(eagerNet.v, { relative: 1e-4, absolute: 1e-5 });
  });

  it('minimize works inside a compiled function', async () => {
    const net = createNet();
    const optimizer = tf.train.sgd(0.1);
    const step = compile((x: tf.Tensor, y: tf.Tensor) =>
      optimizer.minimize(() => lossOf(net, x, y), true, [net.w, net.v]),
    );
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push((await step(features, targets))!.dataSync()[0]!);
    expect(losses[2]).toBeLessThan(losses[1]!);
    expect(losses[1]).toBeLessThan(losses[0]!);
  });
});

describe('state', () => {
  it('is shared by graphs of different shapes', async () => {
    const net = createNet();
    const eagerNet = createNet();
    const [optimizer, eagerOptimizer] = [tf.train.adam(0.05), tf.train.adam(0.05)];
    const step = compile((x: tf.Tensor, y: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => lossOf(net, x, y), [net.w, net.v]);
      optimizer.applyGradients(named(grads));
      return value;
    });
    for (const rows of [6, 3, 6, 6, 2, 3, 3, 6]) {
      const [x, y] = [tf.slice(features, [0, 0], [rows, -1]), tf.slice(targets, [0, 0], [rows, -1])];
      const expected = eagerOptimizer.minimize(() => lossOf(eagerNet, x, y), true, [eagerNet.w, eagerNet.v]);
      expect(await step(x, y)).toBeAllClose(expected!);
    }
  });

  it('is shared by two compiled functions', async () => {
    const total = tf.variable(tf.scalar(1));
    const double = compile(() => done(total.assign(tf.mul(total, 2))));
    const addOne = compile(() => {
      total.assign(tf.add(total, 1));
      return total;
    });
    await double();
    await addOne();
    await double();
    expect((await addOne()).dataSync()[0]).toBe(7);
    expect(total.dataSync()[0]).toBe(7);
  });

  it('assigned outside between calls is seen', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const step = compile((x: tf.Tensor) => {
      w.assign(tf.add(w, x));
      return tf.sum(w);
    });
    const x = tf.tensor1d([1, 1]);
    await step(x);
    w.assign(tf.tensor1d([10, 20]));
    expect((await step(x)).dataSync()[0]).toBe(32);
    expect((await step(x)).dataSync()[0]).toBe(34);
    w.assign(tf.tensor1d([0, 0]));
    expect((await step(x)).dataSync()[0]).toBe(2);
    expect(Array.from(w.dataSync())).toEqual([1, 1]);
  });

  it('a clone taken between steps keeps its numbers', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const step = compile(() => {
      w.assign(tf.mul(w, 2));
      return tf.sum(w);
    });
    await step();
    const clones: tf.Tensor[] = [];
    const expected: number[][] = [];
    for (let i = 0; i < 6; i++) {
      clones.push(tf.clone(w));
      expected.push(Array.from(w.dataSync()));
      await step();
    }
    expect(clones.map((c) => Array.from(c.dataSync()))).toEqual(expected);
    expect(expected[5]).toEqual([64, 128]);
  });

  it('is written over where nothing else reads the old value, and only there', async () => {
    const square = makeTensor(floats([3, 3], -1, 1), 5) as tf.Tensor2D;
    const start = makeTensor(floats([3, 3]), 6) as tf.Tensor2D;
    const half = (w: tf.Tensor2D): tf.Tensor2D => tf.mul(w, 0.5);
    const updates: Record<string, { over: boolean; of: (w: tf.Tensor2D) => { next: tf.Tensor; result: tf.Tensor } }> = {
      'element by element': { over: true, of: (w) => ({ next: tf.add(half(w), square), result: tf.sum(square) }) },
      'used as well': {
        over: true,
        of: (w) => {
          const next = tf.add(half(w), square);
          return { next, result: tf.matMul(next, square) };
        },
      },
      'the old value is returned': { over: false, of: (w) => ({ next: tf.add(half(w), square), result: tf.clone(w) }) },
      'what is made of it is returned': {
        over: false,
        of: (w) => ({ next: tf.add(half(w), square), result: half(w) }),
      },
      'the old value is read elsewhere': {
        over: false,
        of: (w) => ({ next: tf.sub(w, square), result: tf.matMul(w, square) }),
      },
      'a product': { over: false, of: (w) => ({ next: tf.add(tf.matMul(w, square), square), result: tf.sum(square) }) },
      'other elements': { over: false, of: (w) => ({ next: tf.add(tf.reverse(w, 0), w), result: tf.sum(square) }) },
      'a sum of it': { over: false, of: (w) => ({ next: tf.mul(w, tf.sum(w)), result: tf.sum(square) }) },
    };
    for (const [name, { over, of }] of Object.entries(updates)) {
      const initial = tf.tensor2d(start.arraySync());
      const [eager, w] = [tf.variable(tf.clone(start)), tf.variable(initial)];
      initial.dispose(); // it would share the memory
      const step = (v: tf.Variable) => (): tf.Tensor => {
        const { next, result } = of(v as tf.Variable<tf.Rank.R2>);
        v.assign(next);
        return result;
      };
      const compiled = compile(step(w));
      for (let i = 0; i < 3; i++) {
        const memory = w.dataSync();
        const [expected, result] = [step(eager)(), await compiled()];
        expect(result).toBeAllClose(expected);
        expect(w).toBeAllClose(eager);
        expect({ name, over: w.dataSync() === memory }).toEqual({ name, over });
      }
    }
  });

  it('only read is left alone; only written starts from anywhere', async () => {
    const [read, written] = [tf.variable(tf.scalar(3)), tf.variable(tf.scalar(0))];
    const step = compile((x: tf.Tensor) => {
      written.assign(tf.mul(read, x) as tf.Scalar);
      return { before: tf.add(read, 0) };
    });
    await step(tf.scalar(2));
    await step(tf.scalar(5));
    expect(written.dataSync()[0]).toBe(15);
    expect(read.dataSync()[0]).toBe(3);
  });

  it('two variables that swap', async () => {
    const [a, b] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(2))];
    const swap = compile(() => {
      const old = tf.clone(a);
      a.assign(tf.clone(b) as tf.Scalar);
      return done(b.assign(old as tf.Scalar));
    });
    for (let i = 0; i < 3; i++) await swap();
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([2, 1]);
  });

  it('assigned the same tensor twice stays two variables', async () => {
    const [a, b] = [tf.variable(tf.scalar(0)), tf.variable(tf.scalar(0))];
    const step = compile((x: tf.Tensor) => {
      const next = tf.add(a, x) as tf.Scalar;
      a.assign(next);
      return done(b.assign(next));
    });
    for (const n of [1, 2, 3]) await step(tf.scalar(n));
    expect([a.dataSync()[0], b.dataSync()[0]]).toEqual([6, 6]);
    a.assign(tf.scalar(0));
    expect(b.dataSync()[0]).toBe(6);
  });

  it('of int32 and bool', async () => {
    const count = tf.variable(tf.scalar(0, 'int32'));
    const flag = tf.variable(tf.tensor1d([true, false], 'bool'));
    const step = compile(() => {
      count.assign(tf.add(count, tf.scalar(1, 'int32')) as tf.Scalar);
      return done(flag.assign(tf.logicalNot(flag) as tf.Tensor1D));
    });
    for (let i = 0; i < 3; i++) await step();
    expect(count.dataSync()[0]).toBe(3);
    expect(count.dtype).toBe('int32');
    expect(Array.from(flag.dataSync())).toEqual([0, 1]);
  });
});

describe('arguments and results', () => {
  it('are trees of tensors', async () => {
    const fn = compile(({ a, list }: { a: tf.Tensor; list: readonly [tf.Tensor, { b: tf.Tensor }] }, c: tf.Tensor) => ({
      sums: [tf.add(a, list[0]), { deep: tf.mul(list[1].b, c) }],
      nothing: null,
      missing: undefined,
      input: a,
      constant: tf.tensor1d([1, 2, 3]),
    }));
    const out = await fn({ a: tf.scalar(1), list: [tf.scalar(2), { b: tf.scalar(3) }] }, tf.scalar(4));
    expect(Object.keys(out)).toEqual(['sums', 'nothing', 'missing', 'input', 'constant']);
    const [sum, { deep }] = out.sums as unknown as [tf.Tensor, { deep: tf.Tensor }];
    expect(sum.dataSync()[0]).toBe(3);
    expect(deep.dataSync()[0]).toBe(12);
    expect(out.nothing).toBeNull();
    expect(out.missing).toBeUndefined();
    expect(out.input.dataSync()[0]).toBe(1);
    expect(Array.from(out.constant.dataSync())).toEqual([1, 2, 3]);
  });

  it('may be int32 and bool', async () => {
    const fn = compile((i: tf.Tensor, b: tf.Tensor) => ({
      i: tf.mul(i, 2),
      b: tf.logicalNot(b),
      hot: tf.oneHot(i as tf.Tensor1D, 3),
    }));
    const [i, b] = [tf.tensor1d([0, 2, 1], 'int32'), tf.tensor1d([true, false], 'bool')];
    const out = await fn(i, b);
    expect(out.i).toBeAllClose(tf.mul(i, 2));
    expect(out.b).toBeAllClose(tf.logicalNot(b));
    expect(out.hot).toBeAllClose(tf.oneHot(i, 3));
  });

  it('of equal shape but another type are another graph', async () => {
    const fn = compile((x: tf.Tensor) => tf.add(x, x));
    expect((await fn(tf.tensor1d([1, 2]))).dtype).toBe('float32');
    expect((await fn(tf.tensor1d([1, 2], 'int32'))).dtype).toBe('int32');
  });

  it('one result given twice, or an argument given back, are tensors of their own', async () => {
    const fn = compile((x: tf.Tensor) => {
      const y = tf.add(x, 1);
      return { y, again: y, x };
    });
    const x = tf.tensor1d([1, 2]);
    for (let i = 0; i < 3; i++) {
      const out = await fn(x);
      expect(out.again).toBeAllClose(out.y);
      out.x.dispose();
      out.again.dispose();
      expect(Array.from(out.y.dataSync())).toEqual([2, 3]);
    }
    expect(Array.from(x.dataSync())).toEqual([1, 2]);
  });

  it('of any shape: the same as eager', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 5 });
    const fn = compile((x: tf.Tensor) => tf.sum(tf.softmax(tf.reshape(tf.mul(tf.transpose(x), 2), [1, -1])), 0));
    await fc.assert(
      fc.asyncProperty(shape, async (dims) => {
        const x = makeTensor(floats(dims), 7);
        const y = await fn(x);
        expect(y).toBeAllClose(tf.sum(tf.softmax(tf.reshape(tf.mul(tf.transpose(x), 2), [1, -1])), 0));
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('broadcast as tfjs does, values and gradients', async () => {
    // Two shapes that broadcast: one shape with axes set to 1 or left out.
    const pairs = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('both', 'left', 'right')), { maxLength: 5 })
      .chain((axes) => fc.tuple(fc.constant(axes), fc.integer({ min: 0, max: axes.length }), fc.boolean()))
      .map(([axes, dropped, fromLeft]) => {
        const left = axes.map(([n, where]) => (where === 'right' ? 1 : n));
        const right = axes.map(([n, where]) => (where === 'left' ? 1 : n));
        return fromLeft ? [left.slice(dropped), right] : [left, right.slice(dropped)];
      });
    const value = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sub(tf.mul(a, b), tf.div(a, tf.add(tf.square(b), 1)));
    const all = (a: tf.Tensor, b: tf.Tensor): tf.Tensor[] => [value(a, b), ...tf.grads(value)([a, b])];
    const fn = compile(all);
    await fc.assert(
      fc.asyncProperty(pairs, async ([left = [], right = []]) => {
        const [a, b] = [makeTensor(floats(left), 1), makeTensor(floats(right), 2)];
        const got = await fn(a, b);
        all(a, b).forEach((wanted, i) => expect(got[i]).toBeAllClose(wanted));
      }),
      { numRuns: 30, seed: 2 },
    );
  });

  it('a function without arguments, state or nodes', async () => {
    const fn = compile(() => ({ ones: tf.ones([2]), x: tf.scalar(3) }));
    const out = await fn();
    expect(Array.from(out.ones.dataSync())).toEqual([1, 1]);
    expect(out.x.dataSync()[0]).toBe(3);
  });

  it('captured tensors, small and large, are used', async () => {
    const [small, large] = [tf.tensor1d([1, 2]), makeTensor(floats([2000]), 5)];
    const fn = compile((x: tf.Tensor) => [tf.mul(x, small), tf.add(large, tf.sum(x))]);
    const x = tf.tensor1d([3, 4]);
    for (let i = 0; i < 2; i++) {
      const [a, b] = await fn(x);
      expect(a).toBeAllClose(tf.mul(x, small));
      expect(b).toBeAllClose(tf.add(large, 7));
    }
  });

  it('compile prepares without running', async () => {
    const w = tf.variable(tf.scalar(1));
    const fn = compile((x: tf.Tensor) => done(w.assign(tf.add(w, x) as tf.Scalar)));
    await fn.compile(tf.scalar(1));
    expect(w.dataSync()[0]).toBe(1);
    await fn(tf.scalar(1));
    expect(w.dataSync()[0]).toBe(2);
  });
});

describe('errors', () => {
  const refuse = async (fn: (x: tf.Tensor) => TensorTree, message: RegExp, x: tf.Tensor = tf.ones([2, 3])) => {
    const compiled = compile(fn);
    const failure = compiled(x);
    await expect(failure).rejects.toThrow(CompileError);
    await expect(failure).rejects.toThrow(message);
    expect(tf.getBackend()).toBe('cpu');
  };

  it('a value read inside names the op that made it', async () => {
    await refuse((x) => tf.scalar(tf.exp(x).dataSync()[0]!), /result of Exp.*read inside/);
    await refuse((x) => tf.tensor(tf.sum(x).arraySync() as number), /result of Sum/);
    await refuse((x) => (tf.mean(x).dataSync()[0]! > 0 ? x : tf.neg(x)), /return the tensor and read it outside/);
  });

  it('a value waited for inside is refused at once', async () => {
    const w = tf.variable(tf.ones([2]));
    const ways: ((x: tf.Tensor) => Promise<unknown>)[] = [
      (x) => x.data(),
      (x) => tf.exp(x).array(),
      (x) => x.bytes(),
      (x) => x.buffer(),
      () => w.data(),
      () => w.array(),
    ];
    for (const read of ways) {
      // As a promise that nobody looks at, it would end the process.
      const forget = (x: tf.Tensor): tf.Tensor => {
        void read(x);
        return tf.mul(x, 2);
      };
      await refuse(forget, /read inside/);
    }
    expect(await tf.scalar(3).array()).toBe(3);
  });

  it('an async function is refused, and its promise ends nothing', () => {
    const program = `
      import { jit } from '@ser/onnx-jit';
      import * as tf from '@tensorflow/tfjs';
      await tf.setBackend('cpu');
      const functions = [
        async (x) => { const [v] = await x.data(); return tf.mul(x, v); },
        async (x) => { await null; return tf.mul(x, 2); },
        async () => { throw new Error('inside'); },
        (x) => ({ deep: [x, Promise.reject(new Error('inside'))] }),
      ];
      for (const fn of functions) await jit(fn)(tf.ones([2])).catch((error) => console.log(error.name, error.message));
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log('still alive');`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--conditions=@ser/source', '--import', 'tsx', '--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 50_000, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    const refused = /^CompileError a compiled function cannot be async/gm;
    expect(stdout.match(refused)).toHaveLength(4);
    expect(stdout).toContain('still alive');
  });

  it('an argument read inside is an error, too', async () => {
    await refuse((x) => tf.scalar(x.dataSync()[0]!), /\[2,3\].*read inside/);
  });

  it('a variable read inside is an error', async () => {
    const w = tf.variable(tf.ones([2]));
    await refuse((x) => {
      w.assign(tf.add(w, 1));
      return tf.mul(x, w.dataSync()[0]!);
    }, /read inside/);
  });

  it('a kernel without a lowering names itself and its operands', async () => {
    await refuse((x) => tf.unique(tf.reshape(x, [-1])).values, /"Unique" \(of float32 \[6\]\) cannot be compiled/);
    await refuse((x) => tf.complex(x, x), /complex tensors live inside/);
  });

  it('an argument that is no tensor', async () => {
    const fn = compile(({ x, rate }: { x: tf.Tensor; rate: tf.Tensor }) => tf.mul(x, rate));
    const wrong = { x: tf.ones([2]), rate: 0.1 } as unknown as { x: tf.Tensor; rate: tf.Tensor };
    await expect(fn(wrong)).rejects.toThrow(/argument \[0\]\.rate .*number.*tensor/);
  });

  it('a result that is no tensor', async () => {
    await refuse(() => ({ loss: 3 as unknown as tf.Tensor }), /loss/);
  });

  it('a learning rate that changes between calls', async () => {
    const w = tf.variable(tf.scalar(1));
    const optimizer = tf.train.sgd(0.1) as tf.SGDOptimizer;
    const step = compile((x: tf.Tensor) => optimizer.minimize(() => tf.mul(tf.square(w), x).asScalar(), true, [w]));
    await step(tf.scalar(1));
    optimizer.setLearningRate(0.05);
    await expect(step(tf.scalar(1))).rejects.toThrow(/changed from -?0\.1\d* to -?0\.05.*as a tensor/);
  });

  it.each([
    ['Math.random', () => Math.random()],
    [
      'a counter',
      (() =>
        (
          (i = 1) =>
          () =>
            (i += 1)
        )())(),
    ],
  ])('%s would be baked in', async (_, next) => {
    const fn = compile((x: tf.Tensor) => tf.mul(tf.add(x, 1), next()));
    await fn(tf.ones([2]));
    await expect(fn(tf.ones([2]))).rejects.toThrow(/a number in Multiply changed from .* to /);
  });

  it('random tensors made inside would be baked in', async () => {
    const fn = compile((x: tf.Tensor) => tf.mul(x, tf.randomUniform([2, 2])));
    await fn(tf.ones([2, 2]));
    await expect(fn(tf.ones([2, 2]))).rejects.toThrow(/changed from/);
  });

  it('dropout says so at the second call', async () => {
    const fn = compile((x: tf.Tensor) => tf.dropout(x, 0.5));
    await fn(tf.ones([8]));
    await expect(fn(tf.ones([8]))).rejects.toThrow(CompileError);
  });

  it.each([4, 2000])('a captured tensor of %d that is replaced', async (size) => {
    let weights = makeTensor(floats([size]), 1);
    const fn = compile((x: tf.Tensor) => tf.mul(x, weights));
    await fn(tf.scalar(1));
    weights = makeTensor(floats([size]), 2);
    await expect(fn(tf.scalar(1))).rejects.toThrow(/changed from|captured tensor .* replaced/);
  });

  it('a number that changes after the second call is not looked for', async () => {
    // What is promised is the comparison of the first two recordings, not more.
    let factor = 1;
    const fn = compile((x: tf.Tensor) => tf.mul(tf.add(x, 1), factor + 1));
    for (let i = 0; i < 2; i++) await fn(tf.scalar(1));
    factor = 2;
    expect((await fn(tf.scalar(1))).dataSync()[0]).toBe(4);
  });

  it('another path at the second call', async () => {
    let calls = 0;
    const fn = compile((x: tf.Tensor) => (calls++ === 0 ? tf.sin(x) : tf.exp(tf.sin(tf.add(x, 2)))));
    await fn(tf.scalar(1));
    await expect(fn(tf.scalar(1))).rejects.toThrow(/another path|differently/);
  });

  it('another variable at the second call', async () => {
    const variables = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))];
    let calls = 0;
    const fn = compile((x: tf.Tensor) => tf.mul(x, variables[calls++]!));
    await fn(tf.scalar(1));
    await expect(fn(tf.scalar(1))).rejects.toThrow(/another variable/);
  });

  it('a variable created from an argument', async () => {
    await refuse((x) => tf.mul(tf.variable(tf.mul(x, 2)), 2), /created inside .* create it outside/);
  });

  it('a compiled function inside a compiled function', async () => {
    const inner = compile((x: tf.Tensor) => tf.add(x, 1));
    const outer = compile((x: tf.Tensor) => {
      void inner(x);
      return tf.mul(x, 2);
    });
    await expect(outer(tf.scalar(1))).rejects.toThrow(/compiled function was called inside a compiled function/);
    expect((await inner(tf.scalar(1))).dataSync()[0]).toBe(2);
  });

  it('a variable assigned another shape', async () => {
    const w = tf.variable(tf.ones([2]));
    await refuse(() => done(w.assign(tf.ones([3]))), /\[2\].*assigned.*\[3\]/);
  });

  it('a tensor that outlived its recording', async () => {
    let kept: tf.Tensor | undefined;
    const fn = compile((x: tf.Tensor) => {
      kept = tf.keep(tf.add(x, 1));
      return kept;
    });
    await fn(tf.scalar(1));
    expect(() => tf.mul(kept!, 2)).toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.mul(tf.scalar(2), 2).dataSync()[0]).toBe(4);
  });

  it('after a failure the function and tfjs go on', async () => {
    let fail = true;
    const { assign } = Object.getOwnPropertyDescriptors(tf.Variable.prototype);
    const w = tf.variable(tf.scalar(1));
    const fn = compile((x: tf.Tensor) => {
      w.assign(tf.add(w, x) as tf.Scalar);
      if (fail) throw new Error('on the way');
      return tf.add(w, 0);
    });
    const before = tf.memory().numTensors;
    await expect(fn(tf.scalar(1))).rejects.toThrow('on the way');
    expect(tf.getBackend()).toBe('cpu');
    expect(Object.getOwnPropertyDescriptor(tf.Variable.prototype, 'assign')).toEqual(assign);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(w.dataSync()[0]).toBe(1);
    w.assign(tf.scalar(5));
    expect(w.dataSync()[0]).toBe(5);
    expect(
      tf
        .grad((x) => tf.square(x))(tf.scalar(3))
        .dataSync()[0],
    ).toBe(6);
    fail = false;
    expect((await fn(tf.scalar(1))).dataSync()[0]).toBe(6);
  });

  it('a failure inside a gradient leaves tfjs usable', async () => {
    await refuse((x) => tf.grad((t) => tf.mul(t, tf.sum(t).dataSync()[0]!))(x), /read inside/);
    expect(
      tf
        .grad((x) => tf.square(x))(tf.scalar(3))
        .dataSync()[0],
    ).toBe(6);
  });
});

describe('concurrency', () => {
  it('calls run one after the other, in order', async () => {
    const w = tf.variable(tf.scalar(0));
    const fn = compile((x: tf.Tensor) => {
      w.assign(tf.add(tf.mul(w, 10), x) as tf.Scalar);
      return tf.add(w, 0);
    });
    const out = await Promise.all([1, 2, 3, 4].map((n) => fn(tf.scalar(n))));
    expect(out.map((t) => t.dataSync()[0])).toEqual([1, 12, 123, 1234]);
  });

  it('a failed call does not stop those behind it', async () => {
    const fn = compile((x: tf.Tensor) => (x.rank === 1 ? tf.unique(x).values : tf.add(x, 1)));
    const [a, b, c] = await Promise.allSettled([fn(tf.scalar(1)), fn(tf.ones([2])), fn(tf.scalar(2))]);
    expect([a?.status, b?.status, c?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('two functions that share a variable take turns', async () => {
    const w = tf.variable(tf.zeros([4]));
    const [one, ten] = [1, 10].map((factor) =>
      compile((s: tf.Tensor) => {
        w.assign(tf.add(w, tf.mul(s, factor)));
        return tf.mean(w);
      }),
    );
    const s = tf.scalar(1);
    const calls = Array.from({ length: 20 }, (_, i) => (i % 2 ? one! : ten!)(s));
    const means = (await Promise.all(calls)).map((t) => t.dataSync()[0]);
    expect(means).toEqual(Array.from({ length: 20 }, (_, i) => Math.ceil((i + 1) / 2) * 10 + Math.floor((i + 1) / 2)));
    expect(w.dataSync()[0]).toBe(110);
  });

  it('arguments may be disposed of while the call waits', async () => {
    const fn = compile(({ x }: { x: tf.Tensor }, y: tf.Tensor) => tf.add(x, y));
    const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const { numTensors, numDataBuffers } = tf.memory();
    const sums: Promise<tf.Tensor>[] = [];
    tf.tidy(() => {
      for (const n of [1, 2, 3]) sums.push(fn({ x: tf.mul(x, n) }, y));
    });
    sums.push(fn({ x }, y));
    tf.dispose([x, y]);
    const values = (await Promise.all(sums)).map((t) => Array.from(t.dataSync()));
    expect(values).toEqual([
      [4, 6],
      [5, 8],
      [6, 10],
      [4, 6],
    ]);
    expect(tf.memory()).toMatchObject({ numTensors: numTensors + 2, numDataBuffers: numDataBuffers + 2 });
  });

  it('arguments that have been disposed of before are refused', async () => {
    const fn = compile((x: tf.Tensor) => tf.add(x, 1));
    const x = tf.scalar(1);
    x.dispose();
    await expect(fn(x)).rejects.toThrow('argument [0] of a compiled function has been disposed of');
  });

  it('several functions at once', async () => {
    const doubled = compile((x: tf.Tensor) => tf.mul(x, 2));
    const exponential = compile((x: tf.Tensor) => tf.exp(x));
    const x = tf.tensor1d([0, 1]);
    const [a, b, c] = await Promise.all([doubled(x), exponential(x), doubled(x)]);
    expect(a).toBeAllClose(tf.mul(x, 2));
    expect(b).toBeAllClose(tf.exp(x));
    expect(c).toBeAllClose(tf.mul(x, 2));
  });
});

describe('memory', () => {
  it('a hundred steps leave as many tensors as one', async () => {
    const net = createNet();
    const optimizer = tf.train.adam(0.01);
    const step = compile(({ x, y }: { x: tf.Tensor; y: tf.Tensor }) => {
      const { value, grads } = tf.variableGrads(() => lossOf(net, x, y), [net.w, net.v]);
      optimizer.applyGradients(named(grads));
      return { loss: value };
    });
    for (let i = 0; i < 2; i++) (await step({ x: features, y: targets })).loss.dispose();
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    for (let i = 0; i < 100; i++) (await step({ x: features, y: targets })).loss.dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
  });

  it('recording is not counted', async () => {
    const fn = compile((x: tf.Tensor) => tf.sum(tf.exp(layerNorm(x, tf.ones([4]), tf.zeros([4])))));
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    await fn.compile(features);
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
    (await fn(features)).dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers, numBytes });
  });

  it('variables that an optimiser creates inside are the only ones that stay', async () => {
    const w = tf.variable(tf.scalar(1));
    const optimizer = tf.train.momentum(0.1, 0.9);
    const step = compile(() => optimizer.minimize(() => tf.square(w).asScalar(), true, [w]));
    const before = tf.memory().numTensors;
    (await step())?.dispose();
    (await step())?.dispose();
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2);
    optimizer.dispose();
  });

  it('a tidy around the call and one inside', async () => {
    const fn = compile((x: tf.Tensor) => tf.tidy(() => tf.mul(tf.add(x, 1), 2)));
    expect((await fn(tf.scalar(1))).dataSync()[0]).toBe(4);
  });

  it('of graphs that are dropped is given back; the state goes on', async () => {
    const [total, recorded] = [tf.variable(tf.scalar(0)), [] as number[]];
    const options = { threads: 1, maxGraphs: 2 };
    const fn = jit((x: tf.Tensor) => {
      recorded.push(x.size);
      total.assign(tf.add(total, tf.sum(x)) as tf.Scalar);
      return tf.add(total, 0);
    }, options);
    made.push(fn);
    // 1 is used between 2 and 3, so 2 is dropped for 3; the second call of a graph records once more.
    const sizes = [1, 2, 1, 3, 1, 2];
    const sums: number[] = [];
    for (const size of sizes) sums.push((await fn(tf.ones([size]))).dataSync()[0]!);
    expect(sums).toEqual([1, 3, 4, 7, 8, 10]);
    expect(recorded).toEqual([1, 2, 1, 3, 2]);
  });

  it('after dispose variables keep their values and can still be used', async () => {
    const w = tf.variable(tf.scalar(1));
    const fn = jit(() => done(w.assign(tf.mul(w, 2))));
    await fn();
    await fn();
    await fn.dispose();
    expect(w.dataSync()[0]).toBe(4);
    w.assign(tf.scalar(3));
    expect(tf.add(w, 1).dataSync()[0]).toBe(4);
  });
});

it('results live on the CPU backend; the backend named for recording is never chosen by tfjs', async () => {
  const fn = compile((x: tf.Tensor) => tf.add(x, 1));
  await fn(makeTensor(ints([2]), 1));
  expect(tf.getBackend()).not.toBe(TRACE_BACKEND);
  expect(tf.engine().registryFactory).toHaveProperty(TRACE_BACKEND);
  expect(makeTensor(exactly([1]), 1).dataSync()[0]).toBe(1);
});
