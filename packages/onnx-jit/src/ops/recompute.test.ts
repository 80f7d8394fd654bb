import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as ort from '#onnxruntime';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeMessage } from '../proto/message';
import { encodeModel } from '../run/serialize';
import { trace } from '../record/trace';
import { recompute } from './recompute';

/** The operators that ONNX Runtime keeps after its own optimisation, in the order of its file. */
async function optimised(fn: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor): Promise<string[]> {
  const gradient = ([x, w]: tf.Tensor[]): tf.Tensor[] =>
    tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(fn(a, b)))([x!, w!]);
  const { graph, results } = trace(
    gradient,
    ['x', 'w'].map((name) => ({ name, shape: [4, 4], dtype: 'float32' as const })),
    { provider: 'cpu', inline: false },
  );
  const model = encodeModel(
    graph,
    results.map((value, i) => ({ name: `result ${i}`, value })),
    { producer: 'test' },
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'recompute-'));
  try {
    const file = path.join(folder, 'optimised.onnx');
    const session = await ort.InferenceSession.create(model, { optimizedModelFilePath: file, logSeverityLevel: 3 });
    await session.release();
    return decodeMessage('ModelProto', readFileSync(file)).graph?.node?.map((n) => n.opType ?? '') ?? [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const count = (ops: readonly string[], op: string): number => ops.filter((o) => o === op).length;
const block = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.square(tf.tanh(tf.tanh(tf.matMul(x, w))));

describe('recompute', () => {
  it('computes again in the backward pass, and ONNX Runtime does not merge the two', async () => {
    const plain = await optimised(block);
    const again = await optimised((x, w) => tf.sin(recompute((a, b) => block(a!, b!), [x, w])));
    expect(count(plain, 'Tanh')).toBe(2);
    expect(count(again, 'Tanh')).toBe(4);
    // The forward product once more as well, beside those of the gradients.
    expect(count(again, 'MatMul') + count(again, 'Gemm')).toBe(count(plain, 'MatMul') + count(plain, 'Gemm') + 1);
  });

  it('waits for the gradient of what follows before it computes again', async () => {
    const ops = await optimised((x, w) => tf.sin(recompute((a, b) => block(a!, b!), [x, w])));
    // cos is the derivative of the sin that follows the block.
    expect(ops.indexOf('Cos')).toBeGreaterThan(-1);
    expect(ops.slice(0, ops.indexOf('Cos')).filter((op) => op === 'Tanh')).toHaveLength(2);
  });

  it('leaves tfjs usable when the function fails', () => {
    const x = tf.ones([2]);
    const failing = (): tf.Tensor =>
      recompute(() => {
        throw new Error('inside');
      }, [x]);
    expect(() => tf.grad(() => failing())(x)).toThrow('inside');
    expect(
      tf
        .grad((t) => tf.square(t))(x)
        .arraySync(),
    ).toEqual([2, 2]);
  });
});
