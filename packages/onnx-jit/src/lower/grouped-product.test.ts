import { beforeAll, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { reachable } from '../graph/graph';
import { compileFunction } from '../jit';
import { conv1d } from '../ops/conv1d';
import { outputsOf } from '../record/compare';
import { recordStep } from '../record/step';
import '../testing/all-close';
import { floats, makeTensor } from '../testing/sample';

beforeAll(() => tf.setBackend('cpu'));

interface Shape {
  readonly batch: number;
  readonly time: number;
  readonly groups: number;
  readonly perGroup: number;
  readonly outPerGroup: number;
  readonly taps: number;
  readonly padding: readonly [number, number];
}

const shapesOf = ({ batch, time, groups, perGroup, outPerGroup, taps }: Shape) => ({
  x: [batch, groups * perGroup, time] as [number, number, number],
  filter: [groups * outPerGroup, perGroup, taps] as [number, number, number],
});

/** A convolution in groups with the gradients of signal and filter. */
const convolution =
  ({ padding, groups }: Shape) =>
  ({ x, filter }: { x: tf.Tensor3D; filter: tf.Tensor3D }) => {
    const convolve = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      conv1d(a as tf.Tensor3D, b as tf.Tensor3D, { padding, groups });
    const [dx, dFilter] = tf.grads((a, b) => tf.sum(tf.square(convolve(a, b))))([x, filter]);
    return { y: convolve(x, filter), dx: dx ?? x, dFilter: dFilter ?? filter };
  };

const opsOf = (shape: Shape): Set<string> => {
  const { x, filter } = shapesOf(shape);
  const { trace } = recordStep(
    convolution(shape),
    [{ x: tf.zeros<tf.Rank.R3>(x), filter: tf.zeros<tf.Rank.R3>(filter) }],
    {
      provider: 'webgpu',
      precision: 'float32',
      emulated: true,
    },
  );
  return new Set(reachable(trace.graph, outputsOf(trace)).map(({ op }) => op));
};

/** Of the graph for WebGPU, run on the CPU, beside ONNX Runtime's convolutions. */
async function compare(shape: Shape): Promise<void> {
  const { x, filter } = shapesOf(shape);
  const inputs = {
    x: makeTensor(floats(x, -1, 1), 1) as tf.Tensor3D,
    filter: makeTensor(floats(filter, -1, 1), 2) as tf.Tensor3D,
  };
  const run = convolution(shape);
  const [kernel, products] = [
    compileFunction(run, { threads: 1 }, 'cpu'),
    compileFunction(run, { threads: 1 }, 'webgpu'),
  ];
  const [expected, got] = [await kernel(inputs), await products(inputs)];
  const size = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0] ?? NaN;
  for (const name of ['y', 'dx', 'dFilter'] as const)
    expect(got[name]).toBeAllClose(expected[name], { relative: 1e-5, absolute: 1e-5 * size(expected[name]) });
  await kernel.dispose();
  await products.dispose();
  tf.dispose([inputs, expected, got]);
}

it('is a convolution in groups, and its gradients, whatever the shape', async () => {
  const shapes = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    time: fc.integer({ min: 12, max: 40 }),
    groups: fc.integer({ min: 2, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    outPerGroup: fc.integer({ min: 1, max: 3 }),
    taps: fc.integer({ min: 8, max: 20 }),
    padding: fc.tuple(fc.nat(12), fc.nat(12)),
  });
  const fits = shapes.filter(({ time, taps, padding: [before, after] }) => time + before + after >= taps);
  await fc.assert(fc.asyncProperty(fits, compare), { numRuns: 25, seed: 5 });
}, 60_000);

const positional = { groups: 16, perGroup: 12, outPerGroup: 12, taps: 128, padding: [64, 63] as const };

it("is WavLM's positional convolution, without a kernel of groups", async () => {
  await compare({ ...positional, batch: 2, time: 49 });
  const ops = opsOf({ ...positional, batch: 2, time: 49 });
  expect([ops.has('Conv'), ops.has('ConvTranspose'), ops.has('MatMul')]).toEqual([false, false, true]);
});

it('leaves to the kernel what would take too much memory, and short filters', () => {
  expect(opsOf({ ...positional, perGroup: 48, outPerGroup: 48, batch: 8, time: 600 }).has('Conv')).toBe(true);
  expect(opsOf({ ...positional, batch: 2, time: 6, taps: 4, padding: [2, 1] }).has('MatMul')).toBe(false);
});
