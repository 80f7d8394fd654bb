import * as tf from '@tensorflow/tfjs';
import { jit } from '@ser/onnx-jit';
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
  /** Prefix of a profile that ONNX Runtime writes. */
  profile?: string;
}

/** Steps of Adam on the mean square of the last hidden state: forward, backward and update in one compiled graph. */
export async function wavlmFinetune(options: FinetuneOptions): Promise<Sample> {
  const { config = wavlmBase, batch = 2, samples = 48_000, mode = 'transformer', recompute = false } = options;
  await tf.setBackend('cpu');
  const encoder = createRandomEncoder(config, stream(5));
  const variables = trainableParameters(encoder, mode);
  const optimizer = tf.train.adam(1e-5, 0.9, 0.999, 1e-8);
  const { waves, lengths } = inputOf(batch, samples);
  const step = jit(
    (input: { waves: tf.Tensor2D; lengths: tf.Tensor1D }) => {
      const { value, grads } = tf.variableGrads(() => {
        return tf.mean(tf.square(encoder.apply(input, { recompute }).frames)).asScalar();
      }, variables);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      return value;
    },
    {
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    },
  );
  const result = await sample(options, async () => {
    const loss = await step({ waves, lengths });
    const [value = NaN] = await loss.data();
    loss.dispose();
    return value;
  });
  await step.dispose();
  encoder.dispose();
  return result;
}
