import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { encode } from 'node-wav';
import { defaults } from '../config/schema';
import type { Config } from '../config/schema';
import { openEncoder } from '../model/encoder';
import { createModel, disposeModel, openEncoders, type Model } from '../model/model';
import { seeded } from '../random';
import { saveModel } from '../record/model-file';
import { infer } from '../run/evaluate';

export const tinyLabels = ['calm', 'angry', 'sad'];

/** What the model gives for one waveform, on the eager reference. */
export interface Reference {
  readonly probabilities: number[];
  readonly embedding: number[];
  readonly attention: number[];
}

/** For tests: a fold's folder with a small untrained model, and that model on tfjs's CPU backend. */
export interface TinyModel {
  readonly dir: string;
  readonly model: Model;
  reference(wave: Float32Array): Reference;
  dispose(): void;
}

export async function tinyModel(settings: Partial<Config> = {}, temperature?: number): Promise<TinyModel> {
  await tf.setBackend('cpu');
  const dir = mkdtempSync(join(tmpdir(), 'ser-model-'));
  const config: Config = { ...defaults, tune: 'all', hiddenSize: 16, heads: 4, projection: 8, ...settings };
  const encoders = await openEncoders(config, openEncoder(config));
  const model = createModel(config, encoders, tinyLabels.length, seeded(1, 'model'));
  await saveModel(join(dir, 'model.safetensors'), model, {
    config,
    labels: tinyLabels,
    ...(temperature === undefined ? {} : { temperature }),
  });
  return {
    dir,
    model,
    reference: (wave) =>
      tf.tidy(() => {
        const waves = tf.tensor2d(wave, [1, wave.length]);
        const out = infer(model, { waves, lengths: tf.tensor1d([wave.length], 'int32') });
        const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
        return {
          probabilities: numbers(out.probabilities),
          embedding: numbers(out.embedding),
          attention: numbers(out.attention),
        };
      }),
    dispose: () => disposeModel(model),
  };
}

/** A noisy tone between two silences, in samples. */
export function spoken(samples: number, silence = 0, seed = samples): Float32Array {
  const random = seeded('wave', seed);
  return Float32Array.from({ length: samples }, (_, i) =>
    i < silence || i >= samples - silence ? 1e-5 * random() : 0.3 * Math.sin(i / 9) + 0.2 * (random() - 0.5),
  );
}

/** 16-bit mono WAV at 16 kHz; what is in it, as it is read back. */
export function writeWav(path: string, wave: Float32Array): Float32Array {
  writeFileSync(path, encode([wave], { sampleRate: 16_000, float: false, bitDepth: 16 }));
  return wave;
}
