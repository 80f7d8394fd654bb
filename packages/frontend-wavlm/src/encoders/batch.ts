import * as tf from '@tensorflow/tfjs-core';
import type { Encoder, EncoderInput } from './encoder';
import { InputError } from '@ser/files';

/**
 * Waveforms as one zero-padded batch for `encoder.apply`.
 *
 * @param waves 16 kHz samples
 * @param samples columns of the batch; the longest waveform when absent
 * @throws {InputError} when a waveform is shorter or longer than the encoder can take, or lengths differ in a batch that
 * must not be padded
 */
export function batchWaves(encoder: Encoder, waves: readonly Float32Array[], samples?: number): EncoderInput {
  const longest = Math.max(0, ...waves.map((wave) => wave.length));
  const columns = samples ?? longest;
  for (const [i, wave] of waves.entries()) {
    const { minSamples, maxSamples = Infinity } = encoder;
    if (wave.length < minSamples || wave.length > Math.min(maxSamples, columns)) {
      const most = Math.min(maxSamples, columns);
      throw new InputError(`waveform ${i}: ${wave.length} samples; the encoder takes ${minSamples} to ${most}`);
    }
    if (encoder.batching === 'equal-length' && wave.length !== columns) {
      throw new InputError(
        `waveform ${i}: ${wave.length} samples in a batch of ${columns}; this encoder takes batches of one length`,
      );
    }
  }
  const data = new Float32Array(waves.length * columns);
  waves.forEach((wave, i) => data.set(wave, i * columns));
  return {
    waves: tf.tensor2d(data, [waves.length, columns]),
    lengths: tf.tensor1d(
      waves.map((wave) => wave.length),
      'int32',
    ),
  };
}
