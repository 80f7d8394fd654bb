import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { createRandomEncoder, exportEncoder, type WaveConfig } from '../src/index';
import { noise, stream } from './problem';
import { sample, type Sample, type SampleOptions } from './sample';
import { wavlmBase } from './shapes';

export interface ForwardOptions extends SampleOptions {
  config?: WaveConfig;
  /** Utterances; 4 when absent. */
  batch?: number;
  /** Of an utterance, at 16 kHz; 64,000 (4 s) when absent. */
  samples?: number;
}

/** The forward pass of a frozen encoder with random weights, as `createFrozenEncoder` runs it. */
export async function wavlmForward(options: ForwardOptions): Promise<Sample> {
  const { config = wavlmBase, batch = 4, samples = 64_000 } = options;
  await tf.setBackend('cpu');
  const folder = await mkdtemp(join(tmpdir(), 'ser-forward-'));
  const model = join(folder, 'model.onnx');
  try {
    const encoder = createRandomEncoder(config, stream(5));
    await writeFile(model, exportEncoder(encoder));
    encoder.dispose();
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    });
    const feeds = {
      waves: new ort.Tensor('float32', noise(batch, samples), [batch, samples]),
      lengths: new ort.Tensor('int32', new Int32Array(batch).fill(samples), [batch]),
    };
    const result = await sample(options, async () => {
      const { frames } = await session.run(feeds, ['frames']);
      if (!(frames?.data instanceof Float32Array)) throw new Error('no frames');
      return frames.data.reduce((sum, x) => sum + x * x, 0) / frames.data.length;
    });
    await session.release();
    return result;
  } finally {
    await rm(folder, { recursive: true });
  }
}
