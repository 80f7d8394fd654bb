import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { CompileError } from './errors';
import { compileFunction, jit } from './jit';
import { applyAdam } from './ops/adam';
import { floats, makeTensor } from './testing/sample';
import { batchOf, optimizerNames, programs, training, type Batch, type Program } from './testing/programs';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const bits = (tensor: tf.Tensor): number[] => Array.from(new Int32Array(tensor.dataSync().slice().buffer));

/**
 * Trains with single calls and with `many` in runs of these lengths, the first batches of another shape; expects the
 * same losses, results and weights, bit for bit.
 */
async function compare(program: Program, runs: readonly number[], lowered: 'cpu' | 'cuda'): Promise<void> {
  const [one, several] = [training(program), training(program)];
  const single = compileFunction((batch: Batch) => one.step(batch), { threads: 1 }, lowered);
  const together = compileFunction((batch: Batch) => several.step(batch), { threads: 1 }, lowered);
  const shared = tf.scalar(0.01);
  let count = 0;
  for (const [i, length] of runs.entries()) {
    const batches = Array.from({ length }, () => {
      const { x, y, rate } = batchOf(count++);
      const rows = i % 2 === 0 ? 5 : 3;
      return {
        x: tf.slice(x, [0, 0], [rows, -1]),
        y: tf.slice(y, [0, 0], [rows, -1]),
        rate: i % 3 === 2 ? shared : rate,
      };
    });
    const results = await together.many(batches.map((batch): [Batch] => [batch]));
    expect(results).toHaveLength(length);
    for (const [k, batch] of batches.entries()) {
      const expected = await single(batch);
      expect(bits(results[k]!.loss)).toEqual(bits(expected.loss));
      expect(bits(results[k]!.rows)).toEqual(bits(expected.rows));
    }
  }
  await single.sync();
  await together.sync();
  several.weights.forEach((w, k) => expect(bits(w)).toEqual(bits(one.weights[k]!)));
  await single.dispose();
  await together.dispose();
  tf.disposeVariables();
}

const all: Program['lines'] = Array.from({ length: 10 }, (_, i) => ({ kind: i % 8, weight: i + 3, earlier: i }));

describe('several steps in one run', () => {
  it.each(optimizerNames)('are single steps bit for bit, with %s', async (optimizer) => {
    await compare({ lines: all, optimizer, sizes: [] }, [3, 2, 4, 1, 2], 'cpu');
  });

  it('are single steps bit for bit, whatever the program', async () => {
    const runs = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(programs(), runs, fc.constantFrom('cpu' as const, 'cuda' as const), compare), {
      numRuns: 60,
      seed: 11,
    });
  }, 120_000);

  it('are single steps bit for bit where those write new weights over the old ones', async () => {
    const large = (seed: number, rows = 64): tf.Tensor2D =>
      makeTensor(floats([rows, 64], -0.2, 0.2), seed) as tf.Tensor2D;
    const build = () => {
      const [w, v] = [tf.variable(large(1)), tf.variable(large(2))];
      const moments = [w, v].map(() => ({
        first: tf.variable(tf.zeros([64, 64])),
        second: tf.variable(tf.zeros([64, 64])),
      }));
      const step = jit(
        (x: tf.Tensor2D) => {
          const { value, grads } = tf.variableGrads(
            () => tf.mean(tf.square(tf.matMul(tf.tanh(tf.matMul(x, w)), v))),
            [w, v],
          );
          const controls = { rate: tf.scalar(0.01), scale: tf.scalar(0.5), floor: tf.scalar(0.01) };
          [w, v].forEach((value, i) => applyAdam({ value, ...moments[i]! }, grads[value.name]!, controls));
          return value;
        },
        { threads: 1 },
      );
      return { w, v, step };
    };
    const [one, several] = [build(), build()];
    const batches = [3, 4, 5, 6].map((seed): [tf.Tensor2D] => [large(seed, 6)]);
    const expected: number[] = [];
    for (const batch of batches) expected.push(...bits(await one.step(...batch)));
    expect((await several.step.many(batches)).flatMap(bits)).toEqual(expected);
    expect([...bits(several.w), ...bits(several.v)]).toEqual([...bits(one.w), ...bits(one.v)]);
    await one.step.dispose();
    await several.step.dispose();
  });

  it('alternate with single steps', async () => {
    const program: Program = { lines: all, optimizer: 'own', sizes: [] };
    const [one, mixed] = [training(program), training(program)];
    const single = jit((batch: Batch) => one.step(batch), { threads: 1 });
    const step = jit((batch: Batch) => mixed.step(batch), { threads: 1 });
    for (let i = 0; i < 6; i++) await single(batchOf(i));
    await step(batchOf(0));
    await step.many([[batchOf(1)], [batchOf(2)]]);
    await step(batchOf(3));
    await step.many([[batchOf(4)], [batchOf(5)]]);
    mixed.weights.forEach((w, k) => expect(bits(w)).toEqual(bits(one.weights[k]!)));
    await single.dispose();
    await step.dispose();
  });

  it('show a number that is none at the step that made it', async () => {
    const w = tf.variable(tf.scalar(1));
    const step = jit((x: tf.Tensor) => {
      w.assign(tf.add(w, tf.log(x)));
      return w;
    });
    const results = await step.many([1, 2, -1, 3].map((n): [tf.Tensor] => [tf.scalar(n)]));
    const values = results.map((result) => result.dataSync()[0]);
    expect(values.slice(0, 2)).toEqual([1, Math.fround(1 + Math.fround(Math.log(2)))]);
    expect(values.slice(2)).toEqual([NaN, NaN]);
    await step.dispose();
  });

  it('take no batch, and name the batch that does not fit', async () => {
    const step = jit((x: { a: tf.Tensor; b?: tf.Tensor }) => tf.add(x.a, 1));
    const a = (...shape: number[]): { a: tf.Tensor } => ({ a: tf.zeros(shape) });
    expect(await step.many([])).toEqual([]);
    await expect(step.many([[a(2)], [a(2)], [a(3)]])).rejects.toThrow(
      new CompileError(
        'batch 2: argument [0].a is float32 [3], in batch 0 it is float32 [2]: run equal shapes together',
      ),
    );
    await expect(step.many([[a(2)], [{ ...a(2), b: tf.zeros([1]) }]])).rejects.toThrow(/batch 1: argument \[0\]\.b/);
    await expect(step.many([[a(2)], [{ a: 1 as unknown as tf.Tensor }]])).rejects.toThrow(/batch 1: argument \[0\]\.a/);
    await step.dispose();
  });

  it('refuse a number that changed since the first run', async () => {
    let rate = 0.1;
    const step = jit((x: tf.Tensor) => tf.mul(x, rate));
    const batches = [[tf.scalar(1)], [tf.scalar(2)]] as [tf.Tensor][];
    await step.many(batches);
    rate = 0.2;
    await expect(step.many(batches)).rejects.toThrow(/a number in Multiply changed from 0.1\d* to 0.2/);
    await step.dispose();
  });
});
