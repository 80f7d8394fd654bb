import * as tf from '@tensorflow/tfjs';
import { applyAdam, biasCorrections, jit, variableOf } from '@ser/onnx-jit';
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
  const moments = new Map(variables.map(({ name, shape }) => [name, [zeros(shape), zeros(shape)] as const]));
  const { waves, lengths } = inputOf(batch, samples);
  const step = jit(
    (input: { waves: tf.Tensor2D; lengths: tf.Tensor1D; controls: tf.Tensor1D }) => {
      const { value, grads } = tf.variableGrads(() => {
        return tf.mean(tf.square(encoder.apply(input, { recompute }).frames)).asScalar();
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
    {
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.profile === undefined ? {} : { profile: options.profile }),
    },
  );
  let count = 0;
  const result = await sample(options, async () => {
    const { scale, floor } = biasCorrections(++count);
    const controls = tf.tensor1d([1e-5, scale, floor]);
    const loss = await step({ waves, lengths, controls });
    const [value = NaN] = await loss.data();
    tf.dispose([loss, controls]);
    return value;
  });
  await step.dispose();
  encoder.dispose();
  return result;
}

const zeros = (shape: number[]): tf.Variable => variableOf(tf.zeros(shape), false);
