import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { batchWaves } from './batch';
import type { EncoderOutput } from './encoder';
import { loadFolder } from '../load/load-encoder';
import { applyCompiled } from '../testing/golden';
import { largestDifference } from '../../../../tools/test-support/difference';
import { describeWith, readGolden } from '../../../../tools/test-support/shared';
import { type WaveGolden } from '../testing/shared';

const TOLERANCE = 1e-4;

describe.each(['wavlm-base-tiny', 'wavlm-large-tiny', 'hubert-large-tiny'])('%s', (name) => {
  describeWith(`golden/${name}`, 'against the reference', (folder) => {
    const golden = readGolden<WaveGolden>(join(folder, 'golden.json'));
    const waves = golden.waves.map(({ data }) => Float32Array.from(data));

    function expectCase(output: EncoderOutput, row: number, index: number): void {
      const expected = golden.cases[index];
      if (!expected) throw new Error('no such case');
      const { layers = [], frames, mask } = output;
      const own = (x: tf.Tensor3D): Float32Array =>
        x.slice([row, 0, 0], [1, expected.frames, x.shape[2]]).dataSync<'float32'>();
      expect(mask.slice([row, 0], [1, -1]).sum().dataSync()[0]).toBe(expected.frames);
      // The HuBERT reference leaves out the input of the first block.
      const skipped = layers.length - expected.layers_before_final_norm.length;
      expected.layers_before_final_norm.forEach((reference, i) => {
        const layer = layers[i + skipped];
        if (!layer) throw new Error(`no layer ${i}`);
        expect(largestDifference(own(layer), reference.data)).toBeLessThan(TOLERANCE);
      });
      expect(largestDifference(own(frames), expected.output.data)).toBeLessThan(TOLERANCE);
    }

    it.each(['model.safetensors', 'pytorch_model.bin'])(
      'every layer and the output, single, from %s',
      async (weights) => {
        const encoder = await loadFolder(folder, { weights });
        for (const [i, wave] of waves.entries()) {
          expect(encoder.frameCount(wave.length)).toBe(golden.cases[i]?.frames);
          expectCase(await applyCompiled(encoder, batchWaves(encoder, [wave])), 0, i);
        }
        encoder.dispose();
      },
    );

    it('the same in one batch, padded where that is allowed', async () => {
      const encoder = await loadFolder(folder);
      const repeated = encoder.batching === 'padded' ? waves : waves.flatMap((wave) => [wave, wave]);
      const longest = Math.max(...repeated.map((wave) => wave.length));
      const columns = encoder.batching === 'padded' ? longest + 777 : longest;
      const output = await applyCompiled(encoder, batchWaves(encoder, repeated, columns));
      repeated.forEach((_, row) => expectCase(output, row, row % waves.length));
      encoder.dispose();
    });

    it('the same eagerly, without compilation', async () => {
      const encoder = await loadFolder(folder);
      const index = waves.reduce((best, wave, i) => (wave.length < (waves[best]?.length ?? 0) ? i : best), 0);
      const wave = waves[index] ?? new Float32Array();
      tf.tidy(() => expectCase(encoder.apply(batchWaves(encoder, [wave]), { layers: true }), 0, index));
      encoder.dispose();
    });

    it('824 frames, into the logarithmic and the last position buckets', async () => {
      const encoder = await loadFolder(folder);
      const wave = Float32Array.from({ length: golden.long.length }, (_, n) => {
        return 0.2 * Math.sin((2 * Math.PI * (100 + (20 * n) / 16000) * n) / 16000);
      });
      const { frames } = await applyCompiled(encoder, batchWaves(encoder, [wave]));
      expect(frames.shape[1]).toBe(golden.long.frames);
      const every32nd = frames.gather(tf.range(0, golden.long.frames, 32, 'int32'), 1).dataSync();
      expect(largestDifference(every32nd, golden.long.output_every_32nd.data)).toBeLessThan(TOLERANCE);
      encoder.dispose();
    });
  });
});
