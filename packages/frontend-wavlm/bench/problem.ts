import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { createRandomEncoder, saveEncoder, writeSafetensors, type EncoderInput, type WaveConfig } from '../src/index';

/** A repeatable stream of numbers in [0, 1). */
export function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Noise under a swell, [batch, samples] row by row. */
export function noise(batch: number, samples: number): Float32Array {
  const random = stream(17);
  return Float32Array.from({ length: batch * samples }, (_, n) => (random() - 0.5) * (0.2 + 0.1 * Math.sin(n / 4000)));
}

export const inputOf = (batch: number, samples: number): EncoderInput => ({
  waves: tf.tensor2d(noise(batch, samples), [batch, samples]),
  lengths: tf.fill([batch], samples, 'int32'),
});

/** Weights and waveforms in a new folder, for a peer in another process: `model/` and `waves.safetensors`. */
export async function writeProblem(config: WaveConfig, batch: number, samples: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ser-wavlm-'));
  const encoder = createRandomEncoder(config, stream(5));
  await saveEncoder(encoder, join(folder, 'model'));
  encoder.dispose();
  await writeSafetensors(join(folder, 'waves.safetensors'), [
    ['waves', { shape: [batch, samples], data: noise(batch, samples) }],
  ]);
  return folder;
}
