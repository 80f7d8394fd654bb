import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { denseSupervisedContrastive } from './testing/dense-supervised-contrastive';
import { relativeError } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { lengthMask, toTensor } from '../../../tools/test-support/tensors';
import { forbidReading, gradientError, randomTensor } from '../../../tools/test-support/random';
import { contextBroadcast } from './context-broadcast';
import { InputError } from './input-error';
import { supervisedContrastive, type SupervisedContrastiveOptions } from './supervised-contrastive';

const scalar = (x: tf.Tensor): number => x.dataSync()[0] ?? NaN;
const finite = (x: tf.Tensor): boolean => x.dataSync().every(Number.isFinite);
const zero = (x: tf.Tensor): boolean => x.dataSync().every((value) => value === 0);

interface GoldenSupCon {
  frames: GoldenArray;
  lengths: number[];
  labels: number[];
  temperature: number;
  normalize: boolean;
  value: number;
  grad_frames: GoldenArray;
}

describeGolden<{ supcon: GoldenSupCon[] }>('losses-flam.json', ({ supcon }) => {
  const cases = supcon.flatMap((golden) => [1, 7, undefined].map((tile) => ({ ...golden, tile })));
  it.each(cases)('SupCon, $frames.shape, lengths $lengths, tile $tile, within 1e-5', ({ tile, ...golden }) => {
    const mask = lengthMask(golden.lengths, golden.frames.shape[1] ?? 0);
    const labels = tf.tensor1d(golden.labels, 'int32');
    const { temperature, normalize } = golden;
    const options = { temperature, normalize, classes: 4, ...(tile === undefined ? {} : { tile }) };
    const loss = (h: tf.Tensor): tf.Scalar =>
      supervisedContrastive(contextBroadcast(h as tf.Tensor3D, mask), labels, mask, options);
    const { value, grad } = tf.valueAndGrad(loss)(toTensor(golden.frames));
    expect(relativeError(value, [golden.value], 1e-3)).toBeLessThan(1e-5);
    expect(relativeError(grad, golden.grad_frames.data, 1e-3)).toBeLessThan(1e-5);
  });
});

describe('supervisedContrastive', () => {
  it('is Eq. 10, for any labels, lengths, temperature and tile', () => {
    const cases = fc.record({
      seed: fc.nat(1e6),
      lengths: fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
      labels: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
      temperature: fc.constantFrom(0.05, 0.1, 1, 5),
      normalize: fc.boolean(),
      tile: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(cases, ({ seed, lengths, labels: someLabels, temperature, normalize, tile }) => {
        const labels = someLabels.slice(0, lengths.length);
        tf.tidy(() => {
          const frames = randomTensor<tf.Tensor3D>([lengths.length, 5, 3], seed);
          const mask = lengthMask(lengths, 5);
          const options = { classes: 3, temperature, normalize, tile };
          const loss = supervisedContrastive(frames, tf.tensor1d(labels, 'int32'), mask, options);
          const expected = denseSupervisedContrastive(
            frames.arraySync(),
            labels,
            mask.arraySync(),
            temperature,
            normalize,
          );
          // The loss is a difference of scores: their size, not its own, sets its rounding.
          const scores = normalize ? 1 / temperature : 20 / temperature;
          expect(Math.abs(scalar(loss) - expected)).toBeLessThan(1e-6 * Math.max(scores, 10));
        });
      }),
    );
  });

  const frames = randomTensor<tf.Tensor3D>([4, 5, 3], 5);
  const labels = tf.tensor1d([0, 1, 0, 2], 'int32');
  const mask = lengthMask([5, 3, 2, 1], 5);
  const options: SupervisedContrastiveOptions = { classes: 3, temperature: 0.5 };

  it.each([true, false])('has the gradient of its finite differences, normalize %s', (normalize) => {
    const masked = tf.mul(frames, tf.expandDims(mask, 2));
    const loss = (h: tf.Tensor): tf.Scalar =>
      supervisedContrastive(h as tf.Tensor3D, labels, mask, { ...options, normalize, tile: 6 });
    expect(gradientError(loss, normalize ? frames : masked)).toBeLessThan(1e-3);
  });

  it('scales its gradient with what comes after it', () => {
    const loss = (h: tf.Tensor): tf.Scalar => supervisedContrastive(h as tf.Tensor3D, labels, mask, options);
    const once = tf.grad(loss)(frames).dataSync();
    const thrice = tf.grad((h) => tf.mul<tf.Scalar>(loss(h), 3))(frames);
    expect(
      relativeError(
        thrice,
        once.map((g) => 3 * g),
      ),
    ).toBeLessThan(1e-6);
  });

  it('takes a temperature of 0.1 and normalises when not told otherwise', () => {
    const given = supervisedContrastive(frames, labels, mask, { classes: 3 });
    const told = supervisedContrastive(frames, labels, mask, { classes: 3, temperature: 0.1, normalize: true });
    expect(scalar(given)).toBe(scalar(told));
  });

  it('gives the same result whatever the padding holds, and gives padding no gradient', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom(1, 1e6), fc.boolean(), (seed, scale, normalize) => {
        tf.tidy(() => {
          const noise = randomTensor<tf.Tensor3D>([4, 5, 3], seed, scale);
          const valid = tf.expandDims(mask, 2);
          const padded: tf.Tensor3D = tf.add(tf.mul(frames, valid), tf.mul(noise, tf.sub(1, valid)));
          const loss = (h: tf.Tensor): tf.Scalar =>
            supervisedContrastive(h as tf.Tensor3D, labels, mask, { ...options, normalize, tile: 3 });
          const clean = tf.valueAndGrad(loss)(frames);
          const noisy = tf.valueAndGrad(loss)(padded);
          expect(scalar(noisy.value)).toBe(scalar(clean.value));
          expect(relativeError(noisy.grad, clean.grad.dataSync())).toBeLessThan(1e-6);
          expect(zero(tf.mul(noisy.grad, tf.sub(1, valid)))).toBe(true);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('gives the same result with more padding', () => {
    const wider = tf.pad(frames, [
      [0, 2],
      [0, 4],
      [0, 0],
    ]);
    const widerMask = tf.pad(mask, [
      [0, 2],
      [0, 4],
    ]);
    const loss = supervisedContrastive(wider, tf.tensor1d([0, 1, 0, 2, 1, 1], 'int32'), widerMask, options);
    expect(relativeError(loss, [scalar(supervisedContrastive(frames, labels, mask, options))])).toBeLessThan(1e-6);
  });

  it.each<[string, number[], number[]]>([
    ['no frame has a positive', [1, 1, 1, 0], [0, 1, 2, 2]],
    ['there is one frame', [1, 0, 0, 0], [0, 0, 0, 0]],
    ['no frame is valid', [0, 0, 0, 0], [0, 1, 2, 0]],
  ])('is 0 with a zero gradient where %s', (_, lengths, classes) => {
    const loss = (h: tf.Tensor): tf.Scalar =>
      supervisedContrastive(h as tf.Tensor3D, tf.tensor1d(classes, 'int32'), lengthMask(lengths, 5), options);
    const { value, grad } = tf.valueAndGrad(loss)(frames);
    expect(Math.abs(scalar(value))).toBe(0);
    expect(zero(grad)).toBe(true);
  });

  it('counts a frame without a positive in the mean', () => {
    const lone = supervisedContrastive(
      frames,
      tf.tensor1d([0, 1, 0, 2], 'int32'),
      lengthMask([2, 0, 2, 1], 5),
      options,
    );
    const rows = frames.arraySync();
    const expected = denseSupervisedContrastive(rows, [0, 1, 0, 2], lengthMask([2, 0, 2, 1], 5).arraySync(), 0.5, true);
    expect(scalar(lone)).toBeCloseTo(expected, 5);
  });

  it('does not overflow', () => {
    const large = tf.mul<tf.Tensor3D>(frames, 1e4);
    const loss = (h: tf.Tensor): tf.Scalar =>
      supervisedContrastive(h as tf.Tensor3D, labels, mask, { ...options, normalize: false, tile: 4 });
    const { value, grad } = tf.valueAndGrad(loss)(large);
    expect(finite(value) && finite(grad)).toBe(true);
    const expected = denseSupervisedContrastive(large.arraySync(), [0, 1, 0, 2], mask.arraySync(), 0.5, false);
    expect(relativeError(value, [expected])).toBeLessThan(1e-5);
  });

  it('gives a zero frame no gradient of its own length', () => {
    const silent = tf.mul<tf.Tensor3D>(frames, tf.tensor3d([0, 1, 1, 1], [4, 1, 1]));
    const loss = (h: tf.Tensor): tf.Scalar => supervisedContrastive(h as tf.Tensor3D, labels, mask, options);
    const { value, grad } = tf.valueAndGrad(loss)(silent);
    expect(finite(value) && finite(grad)).toBe(true);
    expect(zero(grad.slice([0], [1]))).toBe(true);
  });

  it('never holds the N × N scores', async () => {
    const count = 600;
    const many = randomTensor<tf.Tensor3D>([2, count / 2, 4], 7);
    const everything = tf.ones<tf.Rank.R2>([2, count / 2]);
    const pair = tf.tensor1d([0, 0], 'int32');
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => {
      const settings = { classes: 2, tile: 20 };
      return tf.grad((h) => supervisedContrastive(h as tf.Tensor3D, pair, everything, settings))(many);
    });
    const peak = peakBytes - before;
    // A dense matrix is 1.44 MB, a tile 48 kB, all frames 9.6 kB.
    expect(peak).toBeGreaterThan(4 * 20 * count);
    expect(peak).toBeLessThan((4 * count * count) / 3);
  });

  it('leaves nothing behind but its result', () => {
    const before = tf.memory().numTensors;
    supervisedContrastive(frames, labels, mask, options).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads no value, so that it can be traced', () => {
    const spies = forbidReading();
    try {
      const loss = (h: tf.Tensor): tf.Scalar =>
        supervisedContrastive(contextBroadcast(h as tf.Tensor3D, mask), labels, mask, options);
      expect(tf.valueAndGrad(loss)(frames).grad.shape).toEqual(frames.shape);
    } finally {
      spies.forEach((spy) => spy.mockRestore());
    }
  });

  it.each<[string, Partial<SupervisedContrastiveOptions>]>([
    ['classes must be 1 or more, got 0', { classes: 0 }],
    ['temperature must be positive, got 0', { temperature: 0 }],
    ['tile must be a positive integer, got 1.5', { tile: 1.5 }],
  ])('refuses: %s', (message, wrong) => {
    expect(() => supervisedContrastive(frames, labels, mask, { ...options, ...wrong })).toThrow(
      new InputError(message),
    );
  });

  it('refuses wrong shapes and types, by a one-line InputError', () => {
    expect(() => supervisedContrastive(tf.zeros([4, 5]) as tf.Tensor as tf.Tensor3D, labels, mask, options)).toThrow(
      expect.objectContaining({
        name: 'InputError',
        message: 'frames must be [batch, frames, dimensions], got [4, 5]',
      }),
    );
    expect(() => supervisedContrastive(frames, labels, tf.zeros([4, 6]), options)).toThrow(
      new InputError('mask must be [batch = 4, frames = 5], got [4, 6]'),
    );
    expect(() => supervisedContrastive(frames, tf.zeros([4]), mask, options)).toThrow(
      new InputError('labels must be int32, got float32'),
    );
  });
});
