import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandomEncoder, saveEncoder, type EncoderConfig } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { tinyConfigs } from '../../../../tools/test-support/tiny-encoders';
import { seeded } from '../random';
import { spoken, tinyModel } from '../testing/tiny-model';
import { openRecognizer } from './open-recognizer';

// A model is recorded at several lengths and written as one graph. With the frame rate and the relative positions of
// real encoders, nothing may depend on a length: 4 s are 199 frames, 5.5 s are more than 256, where products get wide.

const root = mkdtempSync(join(tmpdir(), 'ser-encoders-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(() => tf.setBackend('cpu'));

/** With the frames of real encoders, 400 samples each and one every 320, and their relative positions. */
function realFrames(config: EncoderConfig): EncoderConfig {
  if (config.kind === 'logmel') return config;
  if (config.kind === 'whisper') return { ...config, maxPositions: 1500 };
  const strides = { convKernel: [10, 3, 3, 3, 3, 2, 2], convStride: [5, 2, 2, 2, 2, 2, 2] };
  return { ...config, ...strides, convDim: [4, 4, 4, 4, 4, 4, 4], layerCount: 1, buckets: 320, maxDistance: 800 };
}

test.each([
  ['WavLM Base', 'wavlm', tinyConfigs.wavlmBase],
  ['WavLM Large', 'wavlm', tinyConfigs.wavlmLarge],
  ['Whisper', 'whisper', tinyConfigs.whisper],
] as const)(
  '%s: what is exported gives the numbers of the model, short and long',
  async (name, encoder, shape) => {
    const weights = join(root, name);
    const random = createRandomEncoder(realFrames(shape), seeded('encoder'));
    await saveEncoder(random, weights);
    random.dispose();
    const tiny = await tinyModel({ encoder, weights, tune: 'frozen' });
    const recognizer = await openRecognizer(tiny.dir);
    for (const seconds of [0.7, 5.5]) {
      const wave = spoken(Math.round(16_000 * seconds));
      const { probabilities } = await recognizer.recognize(wave);
      const expected = tiny.reference(wave).probabilities;
      Object.values(probabilities).forEach((p, i) => expect(Math.abs(p - (expected[i] ?? NaN))).toBeLessThan(1e-5));
    }
    await recognizer.close();
    tiny.dispose();
    rmSync(tiny.dir, { recursive: true, force: true });
  },
  60_000,
);
