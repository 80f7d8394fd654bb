import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { CompileError } from '../errors';
import { reachable, type Node } from '../graph/graph';
import { compileFunction, jit } from '../jit';
import { applyAdam } from '../ops/adam';
import { gelu } from '../ops/gelu';
import { layerNorm } from '../ops/layer-norm';
import { outputsOf } from '../record/compare';
import { recordStep } from '../record/step';
import { floats, makeTensor } from '../testing/sample';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const mixed = { precision: 'mixed', threads: 1 } as const;
/** Halfway between two numbers of bfloat16, and not there in it. */
const between = 1 + 2 ** -9;

describe('a product in mixed precision', () => {
  const product = async (x: tf.Tensor2D, w: tf.Tensor2D): Promise<Set<number>> => {
    const multiply = compileFunction((a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b), mixed, 'cuda');
    const result = new Set((await multiply(x, w)).dataSync());
    await multiply.dispose();
    return result;
  };

  it('rounds its operands and its result to bfloat16, and sums up between', async () => {
    expect(await product(tf.fill([512, 448], between), tf.eye(448, 512))).toEqual(new Set([1, 0]));
    // 448 · 2⁻⁹ = 0.875 is lost where it is added bit by bit to numbers of eight bits.
    expect(await product(tf.fill([512, 448], 2 ** -9), tf.ones([448, 512]))).toEqual(new Set([0.875]));
    const w = tf.concat2d([tf.ones([1, 512]), tf.fill([1, 512], 2 ** -9), tf.zeros([446, 512])], 0);
    expect(await product(tf.ones([512, 448]), w)).toEqual(new Set([1]));
  });

  it('is one of float32 where a cast would cost more than it saves', async () => {
    expect(await product(tf.fill([16, 448], between), tf.eye(448, 512))).toEqual(new Set([between, 0]));
  });
});

const [batch, time, width, inner, heads] = [4, 120, 384, 512, 6];

/** A transformer block with its loss, gradients and Adam. */
function block() {
  const weight = (seed: number, rows = width, columns = width): tf.Variable =>
    tf.variable(makeTensor(floats([rows, columns], -0.08, 0.08), seed));
  const vector = (value: number, size = width): tf.Variable => tf.variable(tf.fill([size], value));
  const w = {
    query: weight(1),
    key: weight(2),
    value: weight(3),
    out: weight(4),
    up: weight(5, width, inner),
    down: weight(6, inner),
    queryBias: vector(0.1),
    upBias: vector(0, inner),
    gamma: vector(1),
    beta: vector(0),
  };
  const weights = Object.values(w);
  const moments = weights.map(({ shape }) => [tf.variable(tf.zeros(shape)), tf.variable(tf.zeros(shape))] as const);
  const linear = (x: tf.Tensor2D, a: tf.Variable, bias?: tf.Variable): tf.Tensor2D => {
    const y = tf.matMul<tf.Tensor2D>(x, a as tf.Variable<tf.Rank.R2>);
    return bias ? tf.add(y, bias) : y;
  };
  const split = (rows: tf.Tensor2D): tf.Tensor4D =>
    tf.transpose(tf.reshape(rows, [batch, time, heads, width / heads]), [0, 2, 1, 3]);
  const forward = (rows: tf.Tensor2D): tf.Tensor2D => {
    const scores = tf.matMul(split(linear(rows, w.query, w.queryBias)), split(linear(rows, w.key)), false, true);
    const context = tf.matMul(tf.softmax(tf.mul(scores, 1 / 8)), split(linear(rows, w.value)));
    const joined = tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [batch * time, width]) as tf.Tensor2D;
    const attended = layerNorm(tf.add<tf.Tensor2D>(rows, linear(joined, w.out)), w.gamma, w.beta);
    return tf.add(attended, linear(gelu(linear(attended, w.up, w.upBias)), w.down));
  };
  const step = ({ x, y, rate }: { x: tf.Tensor2D; y: tf.Tensor2D; rate: tf.Scalar }) => {
    const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(tf.sub(forward(x), y))), weights);
    const controls = { rate, scale: tf.scalar(0.5), floor: tf.scalar(1e-6) };
    weights.forEach((own, i) => {
      const [first, second] = moments[i] ?? [];
      const gradient = grads[own.name];
      if (first && second && gradient) applyAdam({ value: own, first, second }, gradient, controls);
    });
    return { loss: value, gradient: grads[w.query.name] ?? x };
  };
  return { weights, step };
}

const sample = (seed: number): tf.Tensor2D => makeTensor(floats([batch * time, width], -1, 1), seed) as tf.Tensor2D;
let drawn: { x: tf.Tensor2D; y: tf.Tensor2D } | undefined;
const inputs = (rate = 1e-3) => ({ ...(drawn ??= { x: sample(50), y: sample(51) }), rate: tf.scalar(rate) });

describe('a training step in mixed precision', () => {
  const nodesOf = (precision: 'mixed' | 'float32'): Node[] => {
    const { step } = block();
    const { trace } = recordStep(step, [inputs()], { provider: 'cuda', precision, emulated: false });
    return reachable(trace.graph, outputsOf(trace));
  };

  it('does in bfloat16 what ONNX Runtime can on CUDA, and no reduction, norm or update', () => {
    const half = nodesOf('mixed').filter((node) => node.outputs.some(({ dtype }) => dtype === 'bfloat16'));
    const ops = new Set(half.map(({ op }) => op));
    expect([...ops].sort()).toEqual([
      'Cast',
      'Concat',
      'FusedMatMul',
      'Gemm',
      'MatMul',
      'Reshape',
      'Split',
      'Transpose',
    ]);
    for (const { op, domain, inputs: operands } of half)
      if (domain !== '' || op === 'Gemm') for (const x of operands) expect(x?.dtype).toBe('bfloat16');
  });

  it('casts every weight once, and not to and fro', () => {
    const casts = nodesOf('mixed').filter(({ op }) => op === 'Cast');
    const froms = casts.map(({ inputs: [x] }) => x);
    expect(new Set(froms).size).toBe(froms.length);
    expect(froms.filter((x) => x?.source.kind === 'node' && x.source.node.op === 'Cast')).toEqual([]);
    const [plain, all] = [nodesOf('float32').length, nodesOf('mixed').length];
    expect(all - plain).toBeLessThanOrEqual(30);
  });

  it('follows float32, and adds small changes to weights of float32', async () => {
    const [one, two] = [block(), block()];
    const single = compileFunction(one.step, { threads: 1 }, 'cuda');
    const half = compileFunction(two.step, mixed, 'cuda');
    const losses: number[][] = [];
    for (let i = 0; i < 10; i++) {
      const [a, b] = [await single(inputs()), await half(inputs())];
      losses.push([a.loss.dataSync()[0] ?? NaN, b.loss.dataSync()[0] ?? NaN]);
      if (i > 0) continue;
      const error = tf.norm(tf.sub(a.gradient, b.gradient)).dataSync()[0] ?? NaN;
      const relative = error / (tf.norm(a.gradient).dataSync()[0] ?? NaN);
      expect(relative).toBeGreaterThan(1e-4);
      expect(relative).toBeLessThan(2e-2);
    }
    for (const [expected = NaN, got] of losses) expect(got).toBeCloseTo(expected, 2);
    expect(losses.at(-1)?.[1]).toBeLessThan(0.8 * (losses[0]?.[1] ?? NaN));

    // A change of 10⁻⁶ is below the last bit of a weight in bfloat16.
    await half.sync();
    const before = two.weights.map((w) => w.dataSync().slice());
    await half(inputs(1e-6));
    await half.sync();
    two.weights.forEach((w, k) => {
      const changed = w.dataSync().filter((value, i) => value !== before[k]?.[i]).length;
      expect(changed).toBeGreaterThan(0.5 * w.size);
    });
    await single.dispose();
    await half.dispose();
  }, 60_000);

  it('gives the same bits for several steps in one run', async () => {
    const [one, two] = [block(), block()];
    const [single, many] = [compileFunction(one.step, mixed, 'cuda'), compileFunction(two.step, mixed, 'cuda')];
    const expected = [];
    for (let i = 0; i < 3; i++) expected.push((await single(inputs())).loss.dataSync()[0]);
    const results = await many.many([[inputs()], [inputs()], [inputs()]]);
    expect(results.map(({ loss }) => loss.dataSync()[0])).toEqual(expected);
    await single.dispose();
    await many.dispose();
  }, 60_000);

  it.each(['cpu', 'webgpu'] as const)('is refused on %s', (provider) => {
    expect(() => jit((x: tf.Tensor) => x, { provider, precision: 'mixed' })).toThrow(
      new CompileError(`precision "mixed" is for CUDA: the provider "${provider}" has no products of bfloat16`),
    );
  });
});
