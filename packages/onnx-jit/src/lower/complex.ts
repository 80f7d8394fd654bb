import * as tf from '@tensorflow/tfjs-core';
import { CompileError } from '../errors';
import { tensorType, type Graph, type Value } from '../graph/graph';
import { add, cast, mul, sub, unary } from './basic';
import type { Provider } from './call';

/** A complex tensor of tfjs: two float32 tensors of one shape. */
export interface Complex {
  readonly real: Value;
  readonly imag: Value;
}

/** What tfjs's tensors are recorded as. */
export type Recorded = Value | Complex;

export const isComplex = (value: Recorded): value is Complex => 'imag' in value;

export const typeOf = (value: Recorded): { shape: readonly number[]; dtype: tf.DataType } =>
  isComplex(value)
    ? { shape: value.real.shape, dtype: 'complex64' }
    : { shape: value.shape, dtype: tensorType(value.dtype) };

/** Kernels that are about complex tensors alone. */
export const complexKernels: ReadonlySet<string> = new Set(['Complex', 'ComplexAbs', 'FFT', 'IFFT', 'Imag', 'Real']);

/** Kernels that do to both parts of a complex tensor what they do to a real one. */
const partwise = new Set([
  'Add',
  'AddN',
  'Concat',
  'ExpandDims',
  'GatherNd',
  'GatherV2',
  'Identity',
  'Neg',
  'Pack',
  'PadV2',
  'Reshape',
  'Reverse',
  'Select',
  'Slice',
  'SplitV',
  'StridedSlice',
  'Sub',
  'Sum',
  'Tile',
  'Transpose',
  'Unpack',
  'ZerosLike',
]);

export interface ComplexCall {
  readonly kernel: string;
  readonly graph: Graph;
  readonly provider: Provider;
  readonly inputs: Readonly<Record<string, Recorded>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Lowers the kernel for one real tensor an input. */
type LowerReal = (inputs: Readonly<Record<string, Value>>) => Value | Value[];

/**
 * Lowers a kernel that takes or gives complex tensors.
 *
 * @param lowerReal the same kernel's lowering for real tensors
 * @returns null where the kernel has nothing to do with complex tensors
 * @throws CompileError for a kernel that complex tensors cannot be given to
 */
export function lowerComplex(call: ComplexCall, lowerReal: LowerReal): Recorded | Recorded[] | null {
  const { kernel, graph: g, inputs } = call;
  if (kernel === 'Complex') return { real: real(call, 'real'), imag: real(call, 'imag') };
  if (!Object.values(inputs).some(isComplex)) return null;
  if (partwise.has(kernel)) return inParts(inputs, lowerReal);
  switch (kernel) {
    case 'Real':
      return complex(call, 'input').real;
    case 'Imag':
      return complex(call, 'input').imag;
    case 'ComplexAbs': {
      const x = complex(call, 'x');
      return unary(g, 'Sqrt', add(g, mul(g, x.real, x.real), mul(g, x.imag, x.imag)));
    }
    case 'Cast': {
      const x = complex(call, 'x');
      return call.attrs['dtype'] === 'complex64' ? x : lowerReal({ x: x.real });
    }
    case 'OnesLike': {
      const x = complex(call, 'x');
      const [one, zero] = [g.fill(1, x.real.shape, 'float32'), g.fill(0, x.real.shape, 'float32')];
      return { real: one, imag: zero };
    }
    case 'Multiply': {
      const [a, b] = [complex(call, 'a'), complex(call, 'b')];
      const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.real.shape], [...b.real.shape]);
      const product = (x: Value, y: Value): Value => mul(g, x, y, shape);
      return {
        real: sub(g, product(a.real, b.real), product(a.imag, b.imag), shape),
        imag: add(g, product(a.real, b.imag), product(a.imag, b.real), shape),
      };
    }
    case 'FFT':
      return fourier(g, complex(call, 'input'), false);
    case 'IFFT':
      return fourier(g, complex(call, 'input'), true);
    default:
      throw new CompileError(`tfjs kernel "${kernel}" cannot be compiled for complex tensors`);
  }
}

function real(call: ComplexCall, name: string): Value {
  const value = call.inputs[name];
  if (!value || isComplex(value)) throw new CompileError(`${call.kernel}: "${name}" is no real tensor`);
  return cast(call.graph, value, 'float32');
}

/** An input as a complex tensor: a real one has an imaginary part of 0. */
function complex(call: ComplexCall, name: string): Complex {
  const value = call.inputs[name];
  if (!value) throw new CompileError(`${call.kernel}: input "${name}" is missing`);
  if (isComplex(value)) return value;
  const { graph: g } = call;
  return { real: cast(g, value, 'float32'), imag: g.fill(0, value.shape, 'float32') };
}

function inParts(inputs: Readonly<Record<string, Recorded>>, lowerReal: LowerReal): Recorded | Recorded[] {
  // Indices and conditions are the same for both.
  const part = (of: 'real' | 'imag') =>
    lowerReal(Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, isComplex(x) ? x[of] : x])));
  const [reals, imags] = [part('real'), part('imag')];
  if (!Array.isArray(reals) && !Array.isArray(imags)) return { real: reals, imag: imags };
  return [reals].flat().flatMap((x, i) => {
    const y = [imags].flat()[i];
    return y ? [{ real: x, imag: y }] : [];
  });
}

/**
 * The discrete Fourier transform along the last axis, as products with matrices of cosines and sines: for the lengths of
 * audio frames that is as fast as it gets on any provider, and the cosine transform of real data is half of it.
 */
function fourier(g: Graph, { real: x, imag: y }: Complex, inverse: boolean): Complex {
  const length = x.shape.at(-1) ?? 0;
  const turn = (of: (angle: number) => number, scale: number): Value => {
    const matrix = new Float32Array(length * length);
    for (let i = 0; i < length; i++)
      for (let k = 0; k < length; k++) matrix[i * length + k] = scale * of((2 * Math.PI * ((i * k) % length)) / length);
    return g.constant(matrix, [length, length], 'float32');
  };
  const scale = inverse ? 1 / length : 1;
  const cosines = turn(Math.cos, scale);
  const sines = turn(Math.sin, inverse ? scale : -scale);
  const product = (v: Value, matrix: Value): Value | null =>
    v.splat === 0 ? null : g.one('MatMul', [v, matrix], { shape: v.shape, dtype: 'float32' });
  // (x + iy)(cos + i sin)
  const [xc, xs, yc, ys] = [product(x, cosines), product(x, sines), product(y, cosines), product(y, sines)];
  const zero = (): Value => g.fill(0, x.shape, 'float32');
  const sum = (a: Value | null, b: Value | null): Value => (a && b ? add(g, a, b) : (a ?? b ?? zero()));
  return { real: xc && ys ? sub(g, xc, ys) : (xc ?? (ys ? unary(g, 'Neg', ys) : zero())), imag: sum(xs, yc) };
}
