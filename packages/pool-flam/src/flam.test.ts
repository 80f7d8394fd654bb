import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { relativeError } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { lengthMask, toTensor } from '../../../tools/test-support/tensors';
import { forbidReading, gradientError, randomTensor } from '../../../tools/test-support/random';
import { flam } from './flam';
import { flamParamNames, flamParamShape, type FlamParamName, type FlamParams } from './flam-params';
import { InputError } from './input-error';
import { meanPool } from './mean-pool';

type Matrix = 'query' | 'key' | 'value' | 'output';
interface GoldenFlam {
  frames: GoldenArray;
  lengths: number[];
  heads: number;
  projection: GoldenArray;
  weights: Record<Matrix, GoldenArray>;
  biases: Record<Matrix, GoldenArray>;
  refined_frames_valid: GoldenArray;
  attention: GoldenArray;
  utterance: GoldenArray;
  probe: GoldenArray;
  grads_of_sum_utterance_times_probe: Record<string, GoldenArray>;
}

const build = (value: (name: FlamParamName) => tf.Tensor): FlamParams => {
  const params = {} as Record<FlamParamName, tf.Tensor>;
  for (const name of flamParamNames) params[name] = value(name);
  return params;
};

/** The golden files hold PyTorch's [out, in]; the parameters here are [in, out]. */
const goldenParam = (golden: GoldenFlam, name: FlamParamName): tf.Tensor => {
  if (name === 'projection') return toTensor(golden.projection);
  return name.endsWith('Bias')
    ? toTensor(golden.biases[name.slice(0, -4) as Matrix])
    : tf.transpose(toTensor(golden.weights[name as Matrix]));
};

const goldenGradient = (golden: GoldenFlam, name: FlamParamName): ArrayLike<number> => {
  const key = name.endsWith('Bias') ? `bias_${name.slice(0, -4)}` : name === 'projection' ? name : `weight_${name}`;
  const gradient = golden.grads_of_sum_utterance_times_probe[key];
  if (!gradient) throw new Error(`no ${key} in the golden file`);
  return key.startsWith('weight_') ? tf.transpose(toTensor(gradient)).dataSync() : gradient.data;
};

describeGolden<{ flam: GoldenFlam[] }>('losses-flam.json', ({ flam: cases }) => {
  describe.each(cases)('FLAM, $frames.shape, lengths $lengths, $heads heads, within 1e-5', (golden) => {
    const frames = toTensor(golden.frames) as tf.Tensor3D;
    const mask = lengthMask(golden.lengths, golden.frames.shape[1] ?? 0);
    const { heads } = golden;
    const params = build((name) => goldenParam(golden, name));

    it('f, F′ and α', () => {
      const { pooled, frames: refined, attention } = flam(params, frames, mask, { heads });
      expect(relativeError(pooled, golden.utterance.data)).toBeLessThan(1e-5);
      expect(relativeError(refined, golden.refined_frames_valid.data)).toBeLessThan(1e-5);
      expect(relativeError(attention, golden.attention.data)).toBeLessThan(1e-5);
    });

    const gradient = (of: (probe: tf.Tensor) => FlamParams | tf.Tensor3D, x: tf.Tensor): tf.Tensor =>
      tf.grad((probe) => {
        const given = of(probe);
        const { pooled } =
          given instanceof tf.Tensor ? flam(params, given, mask, { heads }) : flam(given, frames, mask, { heads });
        return tf.sum(tf.mul(pooled, toTensor(golden.probe)));
      })(x);

    it('the gradient of the frames', () => {
      const expected = golden.grads_of_sum_utterance_times_probe['frames']?.data ?? [];
      expect(
        relativeError(
          gradient((x) => x as tf.Tensor3D, frames),
          expected,
        ),
      ).toBeLessThan(1e-5);
    });

    it.each(flamParamNames)('the gradient of %s', (name) => {
      const grad = gradient((x) => ({ ...params, [name]: x }), params[name]);
      // A key's bias adds the same to all scores of a query: its gradient is 0, so only rounding can be compared.
      const floor = name === 'keyBias' ? 1 : undefined;
      expect(relativeError(grad, goldenGradient(golden, name), floor)).toBeLessThan(1e-5);
    });
  });
});

describe('flam', () => {
  const dim = 6;
  const heads = 2;
  const params = build((name) => randomTensor(flamParamShape(name, dim), 10 + flamParamNames.indexOf(name), 0.5));
  const frames = randomTensor<tf.Tensor3D>([3, 4, dim], 1);
  const mask = lengthMask([4, 2, 1], 4);
  const run = (x: tf.Tensor = frames, m: tf.Tensor2D = mask) => flam(params, x as tf.Tensor3D, m, { heads });
  const probe = randomTensor([3, dim], 3);

  it.each(flamParamNames.filter((name) => name !== 'keyBias'))(
    'has the gradient of its finite differences: %s',
    (name) => {
      const loss = (x: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(flam({ ...params, [name]: x }, frames, mask, { heads }).pooled, probe));
      expect(gradientError(loss, params[name])).toBeLessThan(1e-3);
    },
  );

  it('has the gradient of its finite differences: frames, through f, F′ and α', () => {
    const loss = (x: tf.Tensor): tf.Scalar => {
      const { pooled, frames: refined, attention } = run(x);
      const rest = tf.add(tf.mean(tf.square(refined)), tf.sum(tf.square(attention)));
      return tf.add(tf.sum(tf.mul(pooled, probe)), rest);
    };
    expect(gradientError(loss, frames)).toBeLessThan(1e-3);
  });

  it('gives an utterance the same result alone and padded, whatever the padding holds', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom(1, 1e4), (seed, scale) => {
        tf.tidy(() => {
          const padded = tf.concat([frames, randomTensor<tf.Tensor3D>([3, 2, dim], seed, scale)], 1);
          const together = run(padded, lengthMask([4, 2, 1], 6));
          [4, 2, 1].forEach((length, b) => {
            const alone = run(frames.slice([b], [1]).slice([0, 0], [1, length]), tf.ones([1, length]));
            const mine = (x: tf.Tensor): tf.Tensor => x.slice([b, 0], [1, length]);
            expect(relativeError(together.pooled.slice([b], [1]), alone.pooled.dataSync())).toBeLessThan(1e-5);
            expect(relativeError(mine(together.frames), alone.frames.dataSync())).toBeLessThan(1e-5);
            expect(relativeError(mine(together.attention), alone.attention.dataSync())).toBeLessThan(1e-5);
          });
        });
      }),
      { numRuns: 20 },
    );
  });

  it('returns zeros on padded frames and hands them no gradient', () => {
    const padding = tf.sub(1, tf.expandDims(mask, 2));
    const { frames: refined, attention } = run();
    const grad = tf.grad((x) => tf.sum(tf.mul(run(x).pooled, probe)))(frames);
    for (const leaked of [tf.mul(refined, padding), tf.mul(grad, padding), tf.mul(attention, tf.sub(1, mask))]) {
      expect(leaked.dataSync().every((value) => value === 0)).toBe(true);
    }
  });

  it('gives attention that sums to 1 over the valid frames', () => {
    expect(relativeError(tf.sum(run().attention, 1), [1, 1, 1])).toBeLessThan(1e-6);
  });

  it('does not depend on the order of the frames', () => {
    const all = lengthMask([4, 4, 4], 4);
    const { pooled, attention } = run(tf.reverse(frames, 1), all);
    const expected = run(frames, all);
    expect(relativeError(pooled, expected.pooled.dataSync())).toBeLessThan(1e-5);
    expect(relativeError(tf.reverse(attention, 1), expected.attention.dataSync())).toBeLessThan(1e-5);
  });

  it('gives zeros, not NaN, for an utterance without a valid frame', () => {
    const nothing = lengthMask([4, 0, 1], 4);
    const { pooled, attention } = run(frames, nothing);
    for (const x of [pooled.slice([1], [1]), attention.slice([1], [1])]) {
      expect(x.dataSync().every((value) => Math.abs(value) === 0)).toBe(true);
    }
    const grad = tf.grad((x) => tf.sum(tf.mul(run(x, nothing).pooled, probe)))(frames);
    expect(grad.dataSync().every(Number.isFinite)).toBe(true);
  });

  it('holds for scores that overflow a plain exponential', () => {
    const { pooled, attention } = run(tf.mul(frames, 1e3));
    expect(pooled.dataSync().every(Number.isFinite)).toBe(true);
    expect(relativeError(tf.sum(attention, 1), [1, 1, 1])).toBeLessThan(1e-6);
  });

  it('gives the frames through a projection as if it came after, gradients and all', () => {
    const project = { weight: randomTensor<tf.Tensor2D>([dim, 5], 21), bias: randomTensor<tf.Tensor1D>([5], 22) };
    const target = randomTensor([3, 4, 5], 23);
    const padding = tf.expandDims(mask, 2);
    const within = (x: tf.Tensor, p: FlamParams, w: typeof project): tf.Tensor => {
      const { pooled, frames: h, attention } = flam(p, x as tf.Tensor3D, mask, { heads, project: w });
      expect(
        tf
          .mul(h, tf.sub(1, padding))
          .dataSync()
          .every((value) => value === 0),
      ).toBe(true);
      return sumOf(pooled, h, attention);
    };
    const after = (x: tf.Tensor, p: FlamParams, w: typeof project): tf.Tensor => {
      const { pooled, frames: refined, attention } = flam(p, x as tf.Tensor3D, mask, { heads });
      const h = tf.add(tf.reshape(tf.matMul(tf.reshape(refined, [12, dim]), w.weight), [3, 4, 5]), w.bias);
      return sumOf(pooled, h, attention);
    };
    const sumOf = (pooled: tf.Tensor, h: tf.Tensor, attention: tf.Tensor): tf.Tensor =>
      tf.addN([
        tf.sum(tf.mul(pooled, probe)),
        tf.sum(tf.mul(tf.square(tf.mul(h, padding)), target)),
        tf.sum(tf.square(attention)),
      ]);
    const given = [frames, ...flamParamNames.map((name) => params[name]), project.weight, project.bias];
    const gradients = (of: typeof within): tf.Tensor[] =>
      tf.grads((x: tf.Tensor, ...rest: tf.Tensor[]) => {
        const p = build((name) => rest[flamParamNames.indexOf(name)] ?? params[name]);
        const [weight, bias] = rest.slice(flamParamNames.length) as [tf.Tensor2D, tf.Tensor1D];
        return of(x, p, { weight, bias });
      })(given);
    expect(relativeError(within(frames, params, project), after(frames, params, project).dataSync())).toBeLessThan(
      1e-5,
    );
    const expected = gradients(after);
    gradients(within).forEach((gradient, i) => {
      // The key's bias has no gradient but rounding.
      const floor = flamParamNames[i - 1] === 'keyBias' ? 1 : undefined;
      expect(relativeError(gradient, expected[i]?.dataSync() ?? [], floor)).toBeLessThan(1e-4);
    });
    expect(() => flam(params, frames, mask, { heads, project: { ...project, bias: tf.zeros([4]) } })).toThrow(
      new InputError('project.bias must be [5], got [4]'),
    );
    expect(() => meanPool(frames, mask, { project: { ...project, weight: tf.zeros([5, 5]) } })).toThrow(
      new InputError('project.weight must be [6, outputs], got [5, 5]'),
    );
  });

  it('leaves nothing behind but its three results', () => {
    const before = tf.memory().numTensors;
    tf.dispose({ ...run() });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads no value, so that it can be traced', () => {
    const spies = forbidReading();
    try {
      expect(tf.grad((x) => tf.sum(tf.mul(run(x).pooled, probe)))(frames).shape).toEqual(frames.shape);
    } finally {
      spies.forEach((spy) => spy.mockRestore());
    }
  });

  it('refuses wrong shapes, types and heads, by a one-line InputError', () => {
    const message = 'frames must be [batch, frames, features], got [3, 4]';
    expect(() => run(mask)).toThrow(expect.objectContaining({ name: 'InputError', message }));
    expect(() => run(frames, tf.ones([3, 5]))).toThrow(
      new InputError('mask must be [batch, frames] = [3, 4], got [3, 5]'),
    );
    expect(() => run(tf.cast(frames, 'int32'))).toThrow(new InputError('frames must be float32, got int32'));
    expect(() => flam(params, frames, mask)).toThrow(new InputError('heads must divide the 6 features, got 16'));
    expect(() => flam({ ...params, projection: tf.zeros([6]) }, frames, mask, { heads })).toThrow(
      new InputError('params.projection must be [6, 1], got [6]'),
    );
    const { key: _, ...keyless } = params;
    expect(() => flam(keyless as FlamParams, frames, mask, { heads })).toThrow(
      new InputError('params.key must be [6, 6], got nothing'),
    );
  });
});
