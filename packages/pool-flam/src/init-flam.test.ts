import * as tf from '@tensorflow/tfjs';
import { normals } from '../../../tools/test-support/random';
import { flam } from './flam';
import { flamParamNames, flamParamShape, type FlamParamName } from './flam-params';
import { initFlam } from './init-flam';
import { InputError } from './input-error';
import { meanPool } from './mean-pool';

/** Uniform numbers made of the test's own stream of normal ones. */
const uniform = (seed: number) => {
  const normal = normals(seed);
  return () => Math.abs(normal() * 1e4) % 1;
};

describe('initFlam', () => {
  it('draws every parameter in its shape, Xavier uniform, biases 0', () => {
    const initial = initFlam(64, uniform(1));
    expect(Object.keys(initial)).toEqual([...flamParamNames]);
    for (const name of flamParamNames) {
      const { shape, values } = initial[name];
      expect(shape).toEqual(flamParamShape(name, 64));
      expect(values).toHaveLength(shape.reduce<number>((a, b) => a * b, 1));
      if (name.endsWith('Bias')) {
        expect(values.every((value) => value === 0)).toBe(true);
        continue;
      }
      const bound = Math.sqrt(6 / (name === 'projection' ? 65 : 128));
      const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(largest).toBeLessThanOrEqual(bound + 1e-7);
      expect(largest).toBeGreaterThan(0.9 * bound);
      if (name === 'projection') continue;
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      expect(Math.abs(mean)).toBeLessThan(0.02 * bound);
      expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1);
    }
  });

  it('gives the same values for the same seed, and others for another', () => {
    const first = initFlam(32, uniform(1));
    expect(initFlam(32, uniform(1))).toEqual(first);
    expect(initFlam(32, uniform(2))).not.toEqual(first);
    expect(first.query.values).not.toEqual(first.key.values);
  });

  it('begins as the mean of the frames where the start is linear, with a gradient for what is zero', () => {
    const initial = initFlam(8, uniform(1), { heads: 2, start: 'linear' });
    const params = Object.fromEntries(
      flamParamNames.map((name) => [name, tf.variable(tf.tensor(initial[name].values, initial[name].shape))]),
    ) as Record<FlamParamName, tf.Variable>;
    const normal = normals(2);
    const frames = tf.tensor3d(Array.from({ length: 2 * 5 * 8 }, normal), [2, 5, 8]);
    const mask = tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [2, 5]);
    const { pooled } = flam(params, frames, mask, { heads: 2 });
    const mean = meanPool(frames, mask).pooled;
    expect(Math.max(...tf.abs(tf.sub(pooled, mean)).dataSync())).toBeLessThan(1e-6);
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(flam(params, frames, mask, { heads: 2 }).pooled)));
    for (const name of ['output', 'projection'] as const) {
      const gradient = grads[params[name].name]?.dataSync() ?? [];
      expect(Math.max(...Array.from(gradient, Math.abs))).toBeGreaterThan(1e-3);
    }
  });

  it('refuses heads that do not divide the features', () => {
    expect(() => initFlam(30, uniform(1))).toThrow(new InputError('heads must divide the 30 features, got 16'));
    expect(() => initFlam(30, uniform(1), { heads: 5 })).not.toThrow();
    expect(() => initFlam(0, uniform(1))).toThrow(new InputError('dim must be a positive integer, got 0'));
  });
});
