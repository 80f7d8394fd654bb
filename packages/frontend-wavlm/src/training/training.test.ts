import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import { createRandomEncoder } from '../encoders/build-encoder';
import { InputError } from '@ser/files';
import { selectLayer } from '../encoders/select-layer';
import { trainableEntries } from './trainable-parameters';
import { drawTrainingNoise } from './training-noise';
import { positionBias, positionBuckets } from '../encoders/relative-position';
import { largestDifference } from '../../../../tools/test-support/difference';
import { seeded, tinyConfigs } from '../testing/tiny';

describe('training noise', () => {
  const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, seeded(1));

  it('is the same for the same seed, stays within an utterance and never drops block 1', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 200, max: 20_000 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (seed, length, probability) => {
          const draw = () =>
            drawTrainingNoise(encoder, [length, 20_000], 20_000, {
              random: seeded(seed),
              timeProbability: probability + 0.01,
              featureProbability: 0.3,
              featureLength: 2,
              layerDrop: 0.9,
            });
          const [noise, again] = [draw(), draw()];
          for (const key of ['timeMask', 'featureMask', 'keepLayers'] as const) {
            expect(noise[key]?.dataSync()).toEqual(again[key]?.dataSync());
          }
          const own = encoder.frameCount(length);
          const row = Array.from(noise.timeMask?.dataSync() ?? []).slice(0, encoder.frameCount(20_000));
          expect(row.slice(own).every((x) => x === 0)).toBe(true);
          expect(row.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(own / 2);
          expect(noise.keepLayers?.dataSync()[0]).toBe(1);
          tf.dispose([{ ...noise }, { ...again }]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('masks the asked share, and drops the asked share of blocks', () => {
    const random = seeded(2);
    let masked = 0;
    let kept = 0;
    for (let i = 0; i < 200; i++) {
      const noise = drawTrainingNoise(encoder, [40_000], 40_000, { random, timeProbability: 0.2, layerDrop: 0.25 });
      masked += noise.timeMask?.mean().dataSync()[0] ?? 0;
      kept += noise.keepLayers?.dataSync()[1] ?? 0;
      tf.dispose({ ...noise });
    }
    // Spans overlap: a step is free of all of n spans with probability about (1 − span/steps)ⁿ.
    expect(masked / 200).toBeGreaterThan(0.16);
    expect(masked / 200).toBeLessThan(0.2);
    expect(kept / 200).toBeGreaterThan(0.65);
    expect(kept / 200).toBeLessThan(0.85);
  });

  it('gives nothing that was not asked for', () => {
    expect(drawTrainingNoise(encoder, [4000], 4000, { random: seeded(1), timeProbability: 0 })).toEqual({});
  });
});

it('chooses what is trained', () => {
  const names = (kind: keyof typeof tinyConfigs, mode: Parameters<typeof trainableEntries>[1]): string[] => {
    const encoder = createRandomEncoder(tinyConfigs[kind], seeded(1));
    const chosen = [...trainableEntries(encoder, mode).keys()];
    encoder.dispose();
    return chosen;
  };
  expect(names('wavlmBase', 'frozen')).toEqual([]);
  const top = names('wavlmLarge', { top: 1 });
  expect(top.every((name) => name.startsWith('encoder.layers.1.') || name.startsWith('encoder.layer_norm.'))).toBe(
    true,
  );
  expect(top).toContain('encoder.layers.1.attention.gru_rel_pos_const');
  expect(names('wavlmBase', { top: 1 })).not.toContain('encoder.layer_norm.weight');
  expect(names('wavlmBase', { top: 2 })).not.toContain('encoder.layers.0.attention.rel_attn_embed.weight');
  const transformer = names('wavlmBase', 'transformer');
  expect(transformer).toContain('encoder.pos_conv_embed.conv.weight_v');
  expect(transformer.some((name) => name.includes('conv_layers'))).toBe(false);
  expect(names('whisper', 'all')).not.toContain('model.encoder.embed_positions.weight');
  expect(names('whisper', 'all')).toContain('model.encoder.conv1.weight');
  expect(names('whisper', 'transformer')).not.toContain('model.encoder.conv1.weight');
  expect(names('whisper', { top: 1 })).toContain('model.encoder.layer_norm.bias');
  expect(() => names('whisper', { top: 3 })).toThrow(InputError);
});

it('selects a layer, or sums them by weight', () => {
  const layers = [1, 2, 4].map((x) => tf.fill<tf.Rank.R3>([1, 2, 3], x));
  const output = { frames: tf.zeros<tf.Rank.R3>([1, 2, 3]), mask: tf.ones<tf.Rank.R2>([1, 2]), layers };
  expect(selectLayer(output, 'last')).toBe(output.frames);
  expect(selectLayer(output, 2)).toBe(layers[2]);
  expect(selectLayer(output, { weighted: tf.zeros([3]) }).dataSync()[0]).toBeCloseTo(7 / 3, 5);
  expect(selectLayer(output, { weighted: tf.tensor1d([0, Math.log(3)]) }).dataSync()[0]).toBeCloseTo(
    2 / 4 + (3 * 4) / 4,
    5,
  );
  const ramp = { ...output, layers: [tf.tensor3d([[[1, 2, 3]]]), tf.tensor3d([[[10, 20, 30]]])] };
  const normal = selectLayer(ramp, { weighted: tf.zeros([2]), normalize: true });
  expect(largestDifference(normal.dataSync(), [-Math.sqrt(1.5), 0, Math.sqrt(1.5)])).toBeLessThan(1e-4);
  expect(() => selectLayer(output, 3)).toThrow('expected "last" or 0 to 2, found 3');
  expect(() => selectLayer(output, { weighted: tf.zeros([5]) })).toThrow('expected 3 or 2 logits, found 5');
  expect(() => selectLayer({ frames: output.frames, mask: output.mask }, 1)).toThrow('only the last one was computed');
});

it('puts distances into buckets: one each, then logarithmic, then one for all', () => {
  const distances = [0, -1, 1, -79, -80, -81, 79, 80, -799, -800, 5000, -5000];
  const buckets = Array.from(positionBuckets(tf.tensor1d(distances), 320, 800).dataSync());
  const far = (distance: number): number =>
    Math.min(159, Math.floor(80 + (Math.log(distance / 80) / Math.log(10)) * 80));
  expect(buckets).toEqual([0, 1, 161, 79, 80, far(81), 239, 240, far(799), 159, 319, 159]);
  const frames = 7;
  const table = tf.range(0, 32).reshape([16, 2]);
  const bias = positionBias(table, frames, 10).arraySync();
  const bucketOf = (d: number): number => positionBuckets(tf.tensor1d([d]), 16, 10).dataSync()[0] ?? NaN;
  for (let query = 0; query < frames; query++) {
    for (let key = 0; key < frames; key++) {
      expect(bias.map((head) => head[query]?.[key])).toEqual([
        2 * bucketOf(key - query),
        2 * bucketOf(key - query) + 1,
      ]);
    }
  }
});
