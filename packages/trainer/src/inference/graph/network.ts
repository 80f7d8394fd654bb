import { selectLayer } from '@ser/frontend-wavlm';
import { exportOnnx } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { sampleRate } from '../../data/plan';
import { decide, forward, type Model } from '../../model/model';

/**
 * What an exported model gives as its embedding: `projection` is z, the space of the center loss; `utterance` the pooled
 * frames f; a number the mean over the frames of that layer of the encoder (0: the input of block 1).
 */
export type EmbeddingChoice = 'projection' | 'utterance' | number;

/** The trained network for one utterance of any length, as ONNX: waveform [1, samples] in. */
export function networkOnnx(
  model: Model,
  options: {
    readonly embedding: EmbeddingChoice;
    readonly operators: 'onnx' | 'onnxruntime';
    /** What the logits are divided by; 1 when undefined. */
    readonly temperature?: number | undefined;
  },
): Uint8Array {
  const example = { waveform: tf.zeros<tf.Rank.R2>([1, 4 * sampleRate]) };
  try {
    return exportOnnx(({ waveform }: typeof example) => predict(model, waveform, options), example, {
      dynamicAxes: { waveform: { 1: 'samples' } },
      operators: options.operators,
    });
  } finally {
    example.waveform.dispose();
  }
}

function predict(
  model: Model,
  waves: tf.Tensor2D,
  {
    embedding: choice,
    temperature,
  }: { readonly embedding: EmbeddingChoice; readonly temperature?: number | undefined },
): Record<string, tf.Tensor2D> {
  const input = { waves, lengths: tf.fill([1], waves.shape[1], 'int32') as tf.Tensor1D };
  const output = forward(model, input);
  const { attention, embedding, utterance } = output;
  const logits = decide(model, input, output);
  const probabilities = tf.softmax(temperature === undefined ? logits : tf.div<tf.Tensor2D>(logits, temperature));
  if (choice === 'projection') return { probabilities, attention, embedding };
  if (choice === 'utterance') return { probabilities, attention, embedding: utterance };
  const layer = selectLayer(model.encoder.apply(input, { layers: true }), choice);
  return { probabilities, attention, embedding: tf.mean(layer, 1) };
}
