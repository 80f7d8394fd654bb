import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { batchWaves } from './batch';
import { createRandomEncoder } from './build-encoder';
import { InputError } from '@ser/files';
import { largestDifference } from '../../../../tools/test-support/difference';
import { seeded, testWave, tinyConfigs } from '../testing/tiny';

describe.each(['wavlmLarge', 'hubertLarge', 'whisper', 'logmel'] as const)('%s', (name) => {
  it('gives an utterance the same frames alone and in any padded batch', () => {
    const encoder = createRandomEncoder(tinyConfigs[name], seeded(5));
    const length = fc.integer({ min: Math.max(400, encoder.minSamples), max: 1500 });
    fc.assert(
      fc.property(length, length, fc.integer({ min: 0, max: 500 }), fc.integer(), (one, two, more, seed) => {
        tf.tidy(() => {
          const random = seeded(seed);
          const waves = [testWave(one, random), testWave(two, random)];
          const together = encoder.apply(batchWaves(encoder, waves, Math.max(one, two) + more), { layers: true });
          waves.forEach((wave, row) => {
            const alone = encoder.apply(batchWaves(encoder, [wave]), { layers: true });
            const count = encoder.frameCount(wave.length);
            expect(alone.frames.shape).toEqual([1, count, encoder.hiddenSize]);
            expect(Array.from(alone.mask.dataSync())).toEqual(Array.from({ length: count }, () => 1));
            expect(together.mask.slice([row, 0], [1, -1]).sum().dataSync()[0]).toBe(count);
            const pairs = [
              [together.frames, alone.frames],
              ...(together.layers ?? []).map((x, i) => [x, alone.layers?.[i]]),
            ];
            for (const [padded, single] of pairs) {
              const own = padded?.slice([row, 0, 0], [1, count, encoder.hiddenSize]).dataSync() ?? [];
              expect(largestDifference(own, single?.dataSync() ?? [NaN])).toBeLessThan(1e-4);
            }
          });
        });
      }),
      { numRuns: 3 },
    );
    encoder.dispose();
  });
});

it.each(['wavlmLarge', 'hubertLarge', 'wavlmBase', 'hubertBase', 'whisper'] as const)(
  '%s: goes on from a layer as if it had come there by itself, in padded rows as well',
  (name) => {
    const encoder = createRandomEncoder(tinyConfigs[name], seeded(5));
    const wave = testWave(1500, seeded(2));
    tf.tidy(() => {
      const whole = encoder.apply(batchWaves(encoder, [wave]), { layers: true });
      const count = whole.mask.size;
      for (const [layer, reached] of (whole.layers ?? []).entries()) {
        const padding: [number, number][] = [
          [0, 0],
          [0, 3],
        ];
        const frames = tf.pad(reached, [...padding, [0, 0]]);
        const resumed = encoder.resume?.({ layer, frames, mask: tf.pad(whole.mask, padding) }, { layers: true });
        const own = (x?: tf.Tensor) => x?.slice([0, 0, 0], [1, count, -1]).dataSync() ?? [NaN];
        expect(resumed?.layers).toHaveLength(encoder.layerCount + 1 - layer);
        expect(largestDifference(own(resumed?.frames), whole.frames.dataSync())).toBeLessThan(1e-5);
        for (const [i, x] of (resumed?.layers ?? []).entries())
          expect(largestDifference(own(x), whole.layers?.[layer + i]?.dataSync() ?? [NaN])).toBeLessThan(1e-5);
      }
    });
    encoder.dispose();
  },
);

it('refuses what a batch cannot hold', () => {
  const base = createRandomEncoder(tinyConfigs.wavlmBase, seeded(1));
  expect(() => batchWaves(base, [new Float32Array(2000), new Float32Array(1900)])).toThrow(InputError);
  expect(() => batchWaves(base, [new Float32Array(12)])).toThrow('waveform 0: 12 samples');
  const whisper = createRandomEncoder(tinyConfigs.whisper, seeded(1));
  expect(() => batchWaves(whisper, [new Float32Array(100 * 320 + 1)])).toThrow('the encoder takes 201 to 32000');
  base.dispose();
  whisper.dispose();
});
