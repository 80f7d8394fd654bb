import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph/graph';
import { add, cast, reshape, transpose } from './basic';
import {
  booleanAttr,
  broadcast,
  input,
  inputList,
  optionalInput,
  stringAttr,
  type Call,
  type Lowerings,
  type Provider,
} from './call';
import { activate } from './elementwise';

const swapLast = (x: Value): number[] => {
  const rank = x.shape.length;
  return x.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
};

/**
 * From this many columns on, aᵀ is made once: ONNX Runtime's CPU kernel turns a again for every block of columns, and
 * gradients of weights that read the same activations share it. Its optimiser, which would undo this, is told not to.
 */
const wideProduct = 512;

/**
 * a · b over the last two axes, either transposed. Two-dimensional products are Gemm, which takes transposes
 * everywhere; of the batched ones ONNX Runtime's CPU and CUDA kernels do (WebGPU would fall back to the CPU).
 */
function matMul(g: Graph, provider: Provider, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const size = (x: Value, fromEnd: 1 | 2): number => x.shape[x.shape.length - fromEnd] ?? 1;
  const rows = size(a, transposeA ? 1 : 2);
  const columns = size(b, transposeB ? 2 : 1);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const output = { shape: [...batch, rows, columns], dtype: a.dtype };
  if (!transposeA && !transposeB) return g.one('MatMul', [a, b], output);
  const turn = (x: Value, turned: boolean): Value => (turned ? transpose(g, x, swapLast(x)) : x);
  const plain = (): Value => g.one('MatMul', [turn(a, transposeA), turn(b, transposeB)], output);
  // The operators that take transposes take floats alone.
  if (a.dtype !== 'float32') return plain();
  if (batch.every((d) => d === 1)) {
    const flat = (x: Value): Value => reshape(g, x, x.shape.slice(-2));
    const turned = provider === 'cpu' && !g.anySize && transposeA && columns >= wideProduct;
    const product = g.one(
      'Gemm',
      [turned ? transpose(g, flat(a), [1, 0]) : flat(a), flat(b)],
      { shape: [rows, columns], dtype: a.dtype },
      { transA: Number(transposeA && !turned), transB: Number(transposeB) },
    );
    return reshape(g, product, output.shape);
  }
  if (provider !== 'webgpu') {
    return g.one(
      'FusedMatMul',
      [a, b],
      output,
      { transA: Number(transposeA), transB: Number(transposeB) },
      'com.microsoft',
    );
  }
  return plain();
}

function batchMatMul(call: Call): Value {
  const numeric = (x: Value): Value => (x.dtype === 'bool' ? cast(call.graph, x, 'int32') : x);
  const [a, b] = [numeric(input(call, 'a')), numeric(input(call, 'b'))];
  const [transposeA, transposeB] = [booleanAttr(call, 'transposeA'), booleanAttr(call, 'transposeB')];
  const [inner, other] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  tf.util.assert(
    inner === other,
    () =>
      `Error in matMul: inner shapes (${inner}) and (${other}) of Tensors with shapes ${a.shape} and ${b.shape} ` +
      `and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  return matMul(call.graph, call.provider, a, b, transposeA, transposeB);
}

export const matMuls: Lowerings = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: (call) => {
    const product = batchMatMul(call);
    const bias = optionalInput(call, 'bias');
    const sum = bias ? add(call.graph, product, bias, broadcast(product, bias)) : product;
    return activate(call, stringAttr(call, 'activation', 'linear'), sum);
  },
  Einsum: (call) => {
    const values = inputList(call);
    const equation = stringAttr(call, 'equation').replace(/\s/g, '');
    tf.backend_util.decodeEinsumEquation(equation, values.length);
    const [terms = '', result = ''] = equation.split('->');
    const sizes = new Map<string, number>();
    terms.split(',').forEach((term, i) => {
      const shape = values[i]?.shape ?? [];
      [...term].forEach((letter, axis) => {
        const size = shape[axis] ?? 1;
        const before = sizes.get(letter) ?? size;
        tf.util.assert(
          before === size,
          () => `Expected dimension ${before} at axis ${axis} of input shaped [${shape}], but got dimension ${size}`,
        );
        sizes.set(letter, size);
      });
    });
    const shape = [...result].map((letter) => sizes.get(letter) ?? 1);
    return call.graph.one('Einsum', values, { shape, dtype: values[0]?.dtype ?? 'float32' }, { equation });
  },
};
