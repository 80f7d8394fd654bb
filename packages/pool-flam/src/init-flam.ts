import { checkHeads } from './check-heads';
import { flamParamNames, flamParamShape, type FlamParamName } from './flam-params';

/** A parameter as plain numbers, row-major. */
export interface InitialValue {
  shape: [number] | [number, number];
  values: Float32Array;
}

/**
 * First values of FLAM's parameters: matrices Xavier uniform, U(−a, a) with a = sqrt(6 / (fan in + fan out)); biases 0.
 * Plain arrays, so that the same seed gives the same model on any backend.
 *
 * @param dim features D of a frame
 * @param random uniform numbers in [0, 1)
 * @param options `heads`: attention heads, which must divide D (default 16); `start`: `linear` starts the output projection
 *   and the pooling vector at zero, so that FLAM begins as the mean of the frames and learns what to add to it (default
 *   `xavier`)
 * @throws InputError if `heads` does not divide `dim`.
 */
export function initFlam(
  dim: number,
  random: () => number,
  options: { heads?: number; start?: 'xavier' | 'linear' } = {},
): Record<FlamParamName, InitialValue> {
  checkHeads(dim, options.heads ?? 16);
  const initial = {} as Record<FlamParamName, InitialValue>;
  for (const name of flamParamNames) {
    const shape = flamParamShape(name, dim);
    const values = xavierUniform(shape, random);
    const isZero = options.start === 'linear' && (name === 'output' || name === 'projection');
    initial[name] = { shape, values: isZero ? values.fill(0) : values };
  }
  return initial;
}

function xavierUniform([fanIn, fanOut]: [number] | [number, number], random: () => number): Float32Array {
  if (fanOut === undefined) return new Float32Array(fanIn);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return Float32Array.from({ length: fanIn * fanOut }, () => (2 * random() - 1) * bound);
}
