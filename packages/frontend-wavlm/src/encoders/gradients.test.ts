import * as tf from '@tensorflow/tfjs';
import { jit } from '@ser/onnx-jit';
import { batchWaves } from './batch';
import { createRandomEncoder } from './build-encoder';
import type { Encoder } from './encoder';
import { trainableEntries } from '../training/trainable-parameters';
import { drawTrainingNoise } from '../training/training-noise';
import { seeded, testWave, tinyConfigs } from '../testing/tiny';

type StepInput = {
  waves: tf.Tensor2D;
  lengths: tf.Tensor1D;
  timeMask: tf.Tensor2D;
  featureMask: tf.Tensor2D;
  target: tf.Tensor3D;
};

function setUp(name: keyof typeof tinyConfigs) {
  const random = seeded(7);
  const encoder = createRandomEncoder(tinyConfigs[name], random);
  for (const variable of encoder.parameters.values()) {
    // Constants of a fresh model (ones, zeros) would hide mistakes.
    variable.assign(tf.add(variable, tf.randomNormal(variable.shape, 0, 0.1, 'float32', variable.id)));
  }
  const lengths = encoder.batching === 'padded' ? [2400, 1700] : [2400, 2400];
  const input = batchWaves(
    encoder,
    lengths.map((length) => testWave(length, random)),
    2400,
  );
  const noise = drawTrainingNoise(encoder, lengths, 2400, {
    random,
    timeLength: 3,
    featureProbability: 0.2,
    featureLength: 2,
  });
  const target = tf.randomNormal<tf.Rank.R3>([2, encoder.frameCount(2400), encoder.hiddenSize], 0, 1, 'float32', 11);
  if (!noise.timeMask || !noise.featureMask) throw new Error('no masks');
  return { encoder, step: { ...input, timeMask: noise.timeMask, featureMask: noise.featureMask, target } };
}

/** Mean over valid frames of frames · target, plus the squares: every frame's every feature counts differently. */
function loss(
  encoder: Encoder,
  { waves, lengths, timeMask, featureMask, target }: StepInput,
  recompute: boolean,
): tf.Scalar {
  const { frames, mask } = encoder.apply({ waves, lengths }, { training: { timeMask, featureMask }, recompute });
  const each = tf.add(tf.mul(frames, target), tf.mul(tf.square(frames), 0.3));
  return tf.sum(tf.mul(tf.mean(each, 2), mask)).asScalar();
}

describe.each(Object.keys(tinyConfigs) as (keyof typeof tinyConfigs)[])('gradients of %s', (name) => {
  it('of every parameter agree with finite differences, kept or computed again', async () => {
    const { encoder, step } = setUp(name);
    const entries = [...trainableEntries(encoder, 'all', { specAugment: true })];
    const variables = entries.map(([, variable]) => variable);
    const backward = (recompute: boolean) =>
      jit((input: StepInput) => {
        const { grads } = tf.variableGrads(() => loss(encoder, input, recompute), variables);
        return variables.map((variable) => grads[variable.name] ?? tf.fill(variable.shape, NaN));
      });
    const plain = backward(false);
    const again = backward(true);
    const gradients = await plain({ ...step });
    const recomputed = await again({ ...step });
    await plain.dispose();
    await again.dispose();
    const forward = jit((input: StepInput) => loss(encoder, input, false));
    const valueNow = async (): Promise<number> => (await forward({ ...step })).dataSync()[0] ?? NaN;
    const largest = Math.max(...gradients.map((g) => g.norm().dataSync()[0] ?? NaN));
    expect(largest).toBeGreaterThan(0.01);

    for (const [i, [key, variable]] of entries.entries()) {
      const gradient = gradients[i];
      if (!gradient) throw new Error(`no gradient of ${key}`);
      const other = recomputed[i];
      expect([key, tf.max(tf.abs(tf.sub(gradient, other ?? NaN))).dataSync()[0]]).toEqual([key, expect.closeTo(0, 4)]);
      // One direction that follows the gradient's own signs at random sizes: nothing cancels, every entry takes part.
      const direction = tf.mul(tf.sign(gradient), tf.randomUniform(gradient.shape, 0.5, 1.5, 'float32', 3 + i));
      const size = direction.norm().dataSync()[0] ?? 1;
      const expected = tf.sum(tf.mul(gradient, direction)).dataSync()[0] ?? NaN;
      const start = variable.clone();
      const width = 0.01 / Math.max(size, 1e-6);
      const at = async (by: number): Promise<number> => {
        variable.assign(tf.add(start, tf.mul(direction, by)));
        return valueNow();
      };
      const [far, near, back, backFar] = [await at(2 * width), await at(width), await at(-width), await at(-2 * width)];
      variable.assign(start);
      // Fourth-order central difference.
      const found = (8 * (near - back) - (far - backFar)) / (12 * width);
      const error = Math.abs(found - expected) / Math.max(Math.abs(expected), 0.02 * largest * size);
      expect([key, error < 0.02 ? 'agrees' : `${found} against ${expected}`]).toEqual([key, 'agrees']);
    }
    await forward.dispose();
    encoder.dispose();
  });
});
