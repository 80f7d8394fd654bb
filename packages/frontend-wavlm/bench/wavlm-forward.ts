import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';
import { createRandomEncoder, exportEncoderWithData, type WaveConfig } from '../src/index';
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

const modelFile = 'model.onnx';

/** Writes the model that the measured process opens, as `createFrozenEncoder` keeps it on disk. */
export async function writeModel(config: WaveConfig, folder: string): Promise<void> {
  await tf.setBackend('cpu');
  const encoder = createRandomEncoder(config, stream(5));
  const { model, data } = exportEncoderWithData(encoder, 'model.weights');
  await writeFile(join(folder, 'model.weights'), data);
  await writeFile(join(folder, modelFile), model);
  encoder.dispose();
}

/** The forward pass of a frozen encoder with random weights, as `createFrozenEncoder` runs it from its second run on. */
export async function wavlmForward(options: ForwardOptions): Promise<Sample> {
  const { config = wavlmBase, batch = 4, samples = 64_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'ser-forward-'));
  const model = join(folder, modelFile);
  try {
    const [program = ''] = process.argv.slice(1);
    const shape = config === wavlmBase ? 'base' : 'large';
    const args = [...process.execArgv, program, 'model', folder, '--shape', shape];
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
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
