import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as ort from '#onnxruntime';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportOnnx, exportOnnxWithData } from './export-onnx';
import { conv1d } from './ops/conv1d';
import { gelu } from './ops/gelu';
import './testing/all-close';

beforeAll(() => tf.setBackend('cpu'));

type Waves = { waves: tf.Tensor2D; lengths: tf.Tensor1D };

const filter = (): tf.Tensor3D => tf.tensor3d([0.5, -1, 0.25, 2], [1, 1, 4]);
const examples = (batch: number, samples: number): Waves => ({
  waves: tf.tensor2d(
    Array.from({ length: batch * samples }, (_, i) => Math.sin(i)),
    [batch, samples],
  ),
  lengths: tf.tensor1d(
    Array.from({ length: batch }, (_, i) => samples - 3 * i),
    'int32',
  ),
});

/** Masked mean of strided frames. `early` asks for the number of frames before any tensor has that many. */
const frames = (early: boolean) => {
  const weights = filter();
  return ({ waves, lengths }: Waves) => {
    const [batch, samples] = waves.shape;
    const count = Math.floor((samples - 4) / 3) + 1;
    const steps = (n: number): tf.Tensor2D => tf.reshape(tf.range(0, n, 1, 'int32'), [1, n]);
    const before = early ? steps(count) : null;
    const x = conv1d(tf.reshape(waves, [batch, 1, samples]), weights, { stride: 3 });
    const valid = tf.less(
      before ?? steps(x.shape[2]),
      tf.reshape(tf.floorDiv(lengths, tf.scalar(3, 'int32')), [batch, 1]),
    );
    const mask = tf.cast(valid, 'float32');
    const values: tf.Tensor2D = tf.reshape(x, [batch, x.shape[2]]);
    const flat = tf.reshape(tf.mul(values, mask), [batch * x.shape[2], 1]);
    return { mean: tf.sum(tf.reshape(flat, [batch, x.shape[2]]), 1), mask };
  };
};

async function run(model: Uint8Array, { waves, lengths }: Waves) {
  const session = await ort.InferenceSession.create(model);
  return session.run({
    waves: new ort.Tensor('float32', waves.dataSync(), waves.shape),
    lengths: new ort.Tensor('int32', lengths.dataSync(), lengths.shape),
  });
}

const dynamicAxes = { waves: { 0: 'batch', 1: 'samples' }, lengths: { 0: 'batch' } };

describe('exportOnnx', () => {
  it.each([
    ['lengths that a tensor before has', false],
    ['lengths that only a tensor further down has', true],
  ])('gives one model for any batch and length: %s', async (_, early) => {
    const fn = frames(early);
    const model = exportOnnx(fn, examples(2, 40), { dynamicAxes });
    for (const [batch, samples] of [
      [1, 10],
      [2, 40],
      [5, 133],
    ] as const) {
      const input = examples(batch, samples);
      const expected = fn(input);
      const got = await run(model, input);
      expect(got['mask']?.dims).toEqual(expected.mask.shape);
      const mean = expected.mean.dataSync();
      const data = got['mean']?.data;
      expect(data).toHaveLength(mean.length);
      mean.forEach((value, i) => expect(Number(data?.[i as keyof typeof data])).toBeCloseTo(value, 4));
    }
  });

  it('writes weights and metadata into the model, and takes one size without dynamic axes', async () => {
    const weights = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const model = exportOnnx(
      ({ x }: { x: tf.Tensor2D }) => tf.matMul(x, weights),
      { x: tf.zeros<tf.Rank.R2>([3, 2]) },
      {
        metadata: { labels: '["a","b"]' },
      },
    );
    // What the variable becomes later is not the model's business.
    weights.assign(tf.zeros<tf.Rank.R2>([2, 2]));
    const session = await ort.InferenceSession.create(model);
    const feeds = { x: new ort.Tensor('float32', Float32Array.from([1, 0, 0, 1, 1, 1]), [3, 2]) };
    const result = await session.run(feeds);
    expect(Array.from(Object.values(result)[0]?.data as Float32Array)).toEqual([1, 2, 3, 4, 4, 6]);
    expect(Buffer.from(model).includes('labels')).toBe(true);
    await expect(session.run({ x: new ort.Tensor('float32', new Float32Array(2), [1, 2]) })).rejects.toThrow();
  });

  it('records a product that is narrow at one size and wide at another', async () => {
    const weights = tf.randomUniform<tf.Rank.R2>([2, 3], -1, 1, 'float32', 1);
    const product = ({ x }: { x: tf.Tensor2D }): tf.Tensor => tf.matMul(weights, x, true, true);
    const model = exportOnnx(product, { x: tf.zeros<tf.Rank.R2>([400, 2]) }, { dynamicAxes: { x: { 0: 'rows' } } });
    const session = await ort.InferenceSession.create(model);
    for (const rows of [1, 511, 512, 900]) {
      const x = tf.randomUniform<tf.Rank.R2>([rows, 2], -1, 1, 'float32', rows);
      const { output } = await session.run({ x: new ort.Tensor('float32', x.dataSync(), [rows, 2]) });
      expect(tf.tensor2d(output?.data as Float32Array, [3, rows])).toBeAllClose(product({ x }));
    }
  });

  it('names what cannot follow a length', () => {
    const example = { x: tf.zeros<tf.Rank.R1>([26]) };
    const axes = { dynamicAxes: { x: { 0: 'n' } } };
    const window = ({ x }: typeof example): tf.Tensor =>
      tf.mul(
        x,
        tf.tensor1d(
          Array.from(x.shape, (n) => Math.sqrt(n)),
          'float32',
        ),
      );
    expect(() => exportOnnx(window, example, axes)).toThrow(/Multiply .*follows no length/);
    const table = ({ x }: typeof example): tf.Tensor =>
      tf.mul(
        x,
        Array.from({ length: x.shape[0] }, (_, i) => i * i),
      );
    expect(() => exportOnnx(table, example, axes)).toThrow(/size follows the length/);
    expect(() => exportOnnx(({ x }: typeof example) => x.neg(), example, { dynamicAxes: { y: { 0: 'n' } } })).toThrow(
      '"y", which is no input: inputs are x',
    );
  });

  it('refuses a function that assigns a variable', () => {
    const v = tf.variable(tf.scalar(0));
    const count = ({ x }: { x: tf.Scalar }): tf.Tensor => {
      v.assign(tf.add(v, x));
      return x;
    };
    expect(() => exportOnnx(count, { x: tf.scalar(1) })).toThrow('exported for inference');
  });
});

it("writes ONNX's own operators alone when asked to, with the same outputs", async () => {
  const fn = ({ a, b }: { a: tf.Tensor3D; b: tf.Tensor3D }) => ({
    scores: tf.matMul(gelu(a), b, false, true),
    turned: tf.matMul(gelu(a), b, true, false),
  });
  const example = { a: tf.randomNormal<tf.Rank.R3>([2, 5, 5]), b: tf.randomNormal<tf.Rank.R3>([2, 5, 5]) };
  const dynamicAxes = { a: { 0: 'batch' }, b: { 0: 'batch' } };
  const fused = exportOnnx(fn, example, { dynamicAxes });
  const plain = exportOnnx(fn, example, { dynamicAxes, operators: 'onnx' });
  expect(Buffer.from(fused).includes('com.microsoft')).toBe(true);
  expect(Buffer.from(plain).includes('com.microsoft')).toBe(false);
  // FusedMatMul would take the operands of every product to the CPU and back.
  const forGpu = exportOnnx(fn, example, { dynamicAxes, provider: 'webgpu' });
  expect(Buffer.from(fused).includes('FusedMatMul')).toBe(true);
  expect(Buffer.from(forGpu).includes('FusedMatMul')).toBe(false);
  const session = await ort.InferenceSession.create(plain);
  const out = await session.run({
    a: new ort.Tensor('float32', example.a.dataSync(), [2, 5, 5]),
    b: new ort.Tensor('float32', example.b.dataSync(), [2, 5, 5]),
  });
  const expected = fn(example);
  for (const name of ['scores', 'turned'] as const)
    expect(tf.tensor3d(out[name]?.data as Float32Array, [2, 5, 5])).toBeAllClose(expected[name]);
  await session.release();
});

it('weights in a file of their own give the same outputs, from a model without them', async () => {
  const weights = tf.variable(tf.randomNormal<tf.Rank.R2>([300, 40], 0, 1, 'float32', 7));
  const bias = tf.variable(tf.range(0, 40)); // small: stays in the model
  const run = ({ x }: { x: tf.Tensor2D }) => ({ y: tf.add(tf.matMul(x, weights), bias) });
  const example = { x: tf.randomNormal<tf.Rank.R2>([3, 300], 0, 1, 'float32', 8) };
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  try {
    const { model, data } = exportOnnxWithData(run, example, 'weights.bin');
    expect(model.length).toBeLessThan(2000);
    await writeFile(join(folder, 'weights.bin'), data);
    await writeFile(join(folder, 'model.onnx'), model);
    const session = await ort.InferenceSession.create(join(folder, 'model.onnx'));
    const { y } = await session.run({ x: new ort.Tensor('float32', example.x.dataSync(), [3, 300]) });
    const expected = run(example).y;
    expect(tf.tensor2d(y?.data as Float32Array, [3, 40])).toBeAllClose(expected);
    await session.release();
  } finally {
    await rm(folder, { recursive: true });
    tf.dispose([weights, bias]);
  }
});
