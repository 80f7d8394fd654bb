import { join } from 'node:path';
import { testIf } from '../../../../tools/test-support/describe-if';
import * as tf from '@tensorflow/tfjs';
import { batchWaves } from './batch';
import { loadFolder } from '../load/load-encoder';
import { createMelTransform, logMel } from './log-mel';
import { applyCompiled } from '../testing/golden';
import { largestDifference } from '../../../../tools/test-support/difference';
import { describeWith, readGolden, shared } from '../../../../tools/test-support/shared';
import { readPcm16, type WhisperGolden } from '../testing/shared';

describeWith('models/whisper-tiny.en-encoder', 'Whisper tiny.en', (folder) => {
  const golden = readGolden<WhisperGolden>(join(folder, 'golden.json'));
  const wav = shared(`data/ravdess-16k/Actor_01/${golden.wav}`);
  const every16th = (x: tf.Tensor3D): Float32Array =>
    x.gather(tf.range(0, x.shape[1], 16, 'int32'), 1).dataSync<'float32'>();

  testIf(wav !== undefined, 'the recording of the golden values is not in ../shared/data')(
    'computes the reference log-mel, layers and output, alone and padded',
    async () => {
      // The reference took whole 10 ms frames of the recording.
      const wave = readPcm16(wav ?? '').slice(0, golden.samples);
      expect(wave.length).toBe(golden.samples);
      const encoder = await loadFolder(folder);
      const short = wave.slice(9000, 9000 + 20011);
      const input = batchWaves(encoder, [short, wave], wave.length + 4321);

      const { mel } = logMel(input.waves, input.lengths, createMelTransform(80));
      const frames = Math.floor(wave.length / 160);
      const own: tf.Tensor3D = mel.slice([1, 0, 0], [1, 80, frames]).transpose([0, 2, 1]);
      const reference = tf.tensor2d(golden.log_mel_every_16th.data, [80, 25]).transpose().dataSync();
      expect(largestDifference(every16th(own), reference)).toBeLessThan(1e-4);

      const padded = await applyCompiled(encoder, input);
      expect(encoder.frameCount(wave.length)).toBe(golden.frames);
      expect(padded.mask.sum(1).arraySync()).toEqual([encoder.frameCount(short.length), golden.frames]);
      const row = (x: tf.Tensor3D, i: number, count: number): tf.Tensor3D =>
        x.slice([i, 0, 0], [1, count, encoder.hiddenSize]);
      const output = row(padded.frames, 1, golden.frames);
      expect(largestDifference(every16th(output), golden.output_every_16th.data)).toBeLessThan(1e-4);
      const { layers } = padded;
      expect(layers).toHaveLength(encoder.layerCount + 1);
      const third = row(layers[3] ?? output, 1, golden.frames);
      expect(largestDifference(every16th(third), golden.hidden_3_every_16th.data)).toBeLessThan(1e-4);
      layers.forEach((layer, i) => {
        expect(row(layer, 1, golden.frames).abs().mean().dataSync()[0]).toBeCloseTo(
          golden.hidden_mean_abs[i] ?? NaN,
          4,
        );
      });

      const alone = await applyCompiled(encoder, batchWaves(encoder, [short]));
      const inBatch = row(padded.frames, 0, encoder.frameCount(short.length));
      expect(largestDifference(alone.frames.dataSync(), inBatch.dataSync())).toBeLessThan(1e-4);
      encoder.dispose();
    },
  );
});
