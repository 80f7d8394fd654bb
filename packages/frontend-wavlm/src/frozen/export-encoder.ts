import * as tf from '@tensorflow/tfjs-core';
import { exportOnnx, exportOnnxWithData, type ExportOptions, type ModelWithData, type Provider } from '@ser/onnx-jit';
import type { Encoder } from '../encoders/encoder';
import type { FrozenPrecision } from './features';

export interface ExportEncoderOptions {
  /** Also every layer, stacked: output `layers` [layers + 1, batch, frames, features]. */
  layers?: boolean;
  /** Where ONNX Runtime will run it (see `ExportOptions` of @ser/onnx-jit); `cpu` when absent. */
  provider?: Provider;
  /** `float16`: matrices and what lies between their products in float16, for GPUs; `float32` when absent. */
  precision?: FrozenPrecision;
  /** Strings for the model's properties. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * An encoder as an ONNX model for any number of utterances of any length: inputs `waves` [batch, samples] float32 and
 * `lengths` [batch] int32; outputs `frames` [batch, frames, features] and `mask` [batch, frames].
 *
 * @returns the encoded model, weights included
 */
export function exportEncoder(encoder: Encoder, options: ExportEncoderOptions = {}): Uint8Array {
  return withProgram(encoder, options, exportOnnx);
}

/** As `exportEncoder`, with the weights in a file `dataFile` beside the model (see `exportOnnxWithData`). */
export function exportEncoderWithData(
  encoder: Encoder,
  dataFile: string,
  options: ExportEncoderOptions = {},
): ModelWithData {
  return withProgram(encoder, options, (run, example, settings) =>
    exportOnnxWithData(run, example, dataFile, settings),
  );
}

type Input = { waves: tf.Tensor2D; lengths: tf.Tensor1D };
type Program = (input: Input) => Record<string, tf.Tensor>;

function withProgram<T>(
  encoder: Encoder,
  options: ExportEncoderOptions,
  write: (run: Program, example: Input, settings: ExportOptions) => T,
): T {
  const run: Program = ({ waves, lengths }) => {
    const { frames, mask, layers } = encoder.apply({ waves, lengths }, { layers: options.layers === true });
    return { frames, mask, ...(layers ? { layers: tf.stack(layers) } : {}) };
  };
  // The model is recorded at this length and at some up to 1.6 times as long; positions may end before that.
  const samples = Math.min(16000, Math.floor((encoder.maxSamples ?? Infinity) / 2));
  const example = { waves: tf.zeros<tf.Rank.R2>([2, samples]), lengths: tf.tensor1d([samples, samples], 'int32') };
  const metadata = {
    encoder: encoder.kind,
    batching: encoder.batching,
    sample_rate: String(encoder.sampleRate),
    ...options.metadata,
  };
  try {
    const dynamicAxes = { waves: { 0: 'batch', 1: 'samples' }, lengths: { 0: 'batch' } };
    const { provider = 'cpu', precision = 'float32' } = options;
    return write(run, example, { dynamicAxes, metadata, provider, precision });
  } finally {
    tf.dispose(example);
  }
}
