/** Rate of ONNX Runtime's matrix product, a process of its own: `matmul.ts ROWS INNER COLUMNS --steps N --threads N`. */
import { parseArgs } from 'node:util';
import { exportOnnx } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
  },
});
const [rows, inner, columns] = positionals.map(Number);
await tf.setBackend('cpu');
// One number leaves the graph: the binding copies what comes out, and that is no part of a product.
const corner = ({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }): { corner: tf.Tensor } => ({
  corner: tf.slice(tf.matMul(a, b), [0, 0], [1, 1]),
});
const model = exportOnnx(corner, {
  a: tf.zeros<tf.Rank.R2>([rows!, inner!]),
  b: tf.zeros<tf.Rank.R2>([inner!, columns!]),
});
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: Number(options.threads) });
const tensor = (shape: number[]): ort.Tensor =>
  new ort.Tensor(
    'float32',
    Float32Array.from({ length: shape[0]! * shape[1]! }, () => Math.random()),
    shape,
  );
const operands = [tensor([rows!, inner!]), tensor([inner!, columns!])];
const feeds = Object.fromEntries(session.inputNames.map((name, index) => [name, operands[index]!]));
const seconds: number[] = [];
for (let index = 0; index < Number(options.warmup) + Number(options.steps); index++) {
  const start = performance.now();
  await session.run(feeds);
  seconds.push((performance.now() - start) / 1000);
}
console.log(
  JSON.stringify({ seconds: seconds.slice(Number(options.warmup)), peakBytes: process.resourceUsage().maxRSS * 1024 }),
);
