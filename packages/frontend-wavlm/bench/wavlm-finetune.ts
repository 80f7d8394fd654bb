import * as tf from '@tensorflow/tfjs';
import { applyAdam, biasCorrections, jit, variableOf, type Provider } from '@ser/onnx-jit';
import { createRandomEncoder, trainableParameters, type TrainingMode, type WaveConfig } from '../src/index';
import { inputOf, stream } from './problem';
import { sample, type Sample, type SampleOptions } from './sample';
import { wavlmBase } from './shapes';

export interface FinetuneOptions extends SampleOptions {
  config?: WaveConfig;
  /** Utterances; 2 when absent. */
  batch?: number;
  /** Of an utterance, at 16 kHz; 48,000 (3 s) when absent. */
  samples?: number;
  /** `transformer` when absent: everything but the convolutions. */
  mode?: TrainingMode;
  /** Compute activations again in the backward pass. */
  recompute?: boolean;
  /** What is minimised, of frames [batch, frames, features]; their mean square when absent. */
  loss?: (frames: tf.Tensor3D) => tf.Scalar;
  /** Where it runs; the CPU when absent. */
  provider?: Provider;
  /** Prefix of a profile that ONNX Runtime writes. */
  profile?: string;
}

export interface FinetuneInput {
  readonly [name: string]: tf.Tensor;
  readonly waves: tf.Tensor2D;
  readonly lengths: tf.Tensor1D;
  /** Rate, and Adam's bias corrections. */
  readonly controls: tf.Tensor1D;
}

export interface Finetuning {
  /** One step as a program of tfjs: loss, gradients, Adam. */
  readonly step: (input: FinetuneInput) => tf.Scalar;
  /** What update `count`, from 1, takes. */
  readonly input: (count: number) => FinetuneInput;
  dispose(): void;
}

type Settings = Pick<FinetuneOptions, 'config' | 'batch' | 'samples' | 'mode' | 'recompute' | 'loss'>;

const meanSquare = (frames: tf.Tensor3D): tf.Scalar => tf.mean(tf.square(frames)).asScalar();

/** Adam on a loss of the last hidden state of an encoder with random weights. */
export function createFinetuning(options: Settings): Finetuning {
  const {
    config = wavlmBase,
    batch = 2,
    samples = 48_000,
    mode = 'transformer',
    recompute = false,
    loss = meanSquare,
  } = options;
  const encoder = createRandomEncoder(config, stream(5));
  const variables = trainableParameters(encoder, mode);
  const moments = new Map(variables.map(({ name, shape }) => [name, [zeros(shape), zeros(shape)] as const]));
  const { waves, lengths } = inputOf(batch, samples);
  return {
    step: (input) => {
      const { value, grads } = tf.variableGrads(() => {
        return loss(encoder.apply(input, { recompute }).frames);
      }, variables);
      const [rate, scale, floor] = tf.unstack(input.controls) as [tf.Scalar, tf.Scalar, tf.Scalar];
      for (const variable of variables) {
        const [gradient, state] = [grads[variable.name], moments.get(variable.name)];
        if (!gradient || !state) continue;
        const [first, second] = state;
        applyAdam({ value: variable, first, second }, gradient, { rate, scale, floor });
      }
      return value;
    },
    input: (count) => {
      const { scale, floor } = biasCorrections(count);
      return { waves: waves as tf.Tensor2D, lengths, controls: tf.tensor1d([1e-5, scale, floor]) };
    },
    dispose: () => {
      encoder.dispose();
      tf.dispose([...moments.values()].flat());
      tf.dispose([waves, lengths]);
    },
  };
}

/** Steps of fine-tuning, compiled: forward, backward and update in one graph. */
export async function wavlmFinetune(options: FinetuneOptions): Promise<Sample> {
  await tf.setBackend('cpu');
  const { step: plain, input, dispose } = createFinetuning(options);
  const step = jit(plain, {
    ...(options.provider === undefined ? {} : { provider: options.provider }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  });
  let count = 0;
  const result = await sample(options, async () => {
    const batch = input(++count);
    const loss = await step(batch);
    const [value = NaN] = await loss.data();
    tf.dispose([loss, batch.controls]);
    return value;
  });
  await step.dispose();
  dispose();
  return result;
}

const zeros = (shape: number[]): tf.Variable => variableOf(tf.zeros(shape), false);
