import * as tf from '@tensorflow/tfjs';

/** A repeatable stream of numbers that look normal: the same tests see the same data. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A float32 tensor of such numbers. */
export function randomTensor<T extends tf.Tensor>(shape: number[], seed: number, scale = 1): T {
  const next = normals(seed);
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, () => scale * next()),
    shape,
    'float32',
  ) as T;
}

/**
 * How far the gradient of a scalar function is from its central difference along a random direction, relative to the
 * gradient's length: under 1e-3 for a right gradient at float32's precision.
 */
export function gradientError(loss: (x: tf.Tensor) => tf.Scalar, x: tf.Tensor, seed = 99, step = 1e-2): number {
  return tf.tidy(() => {
    const gradient = tf.grad(loss)(x);
    const direction = randomTensor(x.shape, seed);
    const along = (sign: number): number => loss(tf.add(x, tf.mul(direction, sign * step))).dataSync()[0] ?? NaN;
    const difference = (along(1) - along(-1)) / (2 * step);
    const predicted = tf.sum(tf.mul(gradient, direction)).dataSync()[0] ?? NaN;
    return Math.abs(difference - predicted) / (tf.norm(gradient).dataSync()[0] ?? NaN);
  });
}

/** The most that a function of tensors must never do, so that it can be traced: read one of their values. */
export function forbidReading(): jest.SpyInstance[] {
  return (['data', 'dataSync', 'array', 'arraySync', 'bytes'] as const).map((method) =>
    jest.spyOn(tf.Tensor.prototype, method).mockImplementation(() => {
      throw new Error(`${method} was called`);
    }),
  );
}
