import type * as Ort from 'onnxruntime-common';
import { InputError } from './input-error';

/** What is used of ONNX Runtime: onnxruntime-node, onnxruntime-web or any build of it. */
export interface OnnxRuntime {
  readonly InferenceSession: Pick<Ort.InferenceSessionFactory, 'create'>;
  readonly Tensor: Ort.TensorConstructor;
}

/** What the model gives for one recording: numbers row by row. */
export interface ModelOutput {
  /** [classes] */
  readonly probabilities: Float32Array;
  /** [features] */
  readonly embedding: Float32Array;
  /** [windows, classes] */
  readonly windowProbabilities: Float32Array;
  /** [windows, frames] */
  readonly attention: Float32Array;
  /** [windows, 4]: row, first sample, sample after the last, frames. */
  readonly windows: BigInt64Array;
}

/** A model that is loaded. */
export interface Network {
  run(samples: Float32Array): Promise<ModelOutput>;
  release(): Promise<void>;
}

/**
 * Loads a model.
 * @param model its bytes, or in Node its path
 * @param where name for messages
 * @throws {InputError} when ONNX Runtime does not take it
 */
export async function loadNetwork(
  { InferenceSession, Tensor }: OnnxRuntime,
  model: string | Uint8Array,
  where: string,
  options: Ort.InferenceSession.SessionOptions = {},
): Promise<Network> {
  let session: Ort.InferenceSession;
  try {
    session = await (typeof model === 'string'
      ? InferenceSession.create(model, options)
      : InferenceSession.create(model, options));
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split('\n');
    throw new InputError(`${where}: cannot be loaded (${reason})`);
  }
  return {
    async run(samples) {
      const out = await session.run({
        // A copy: onnxruntime-web may hand the memory over to another thread.
        waveform: new Tensor('float32', samples.slice(), [1, samples.length]),
        lengths: new Tensor('int64', BigInt64Array.of(BigInt(samples.length)), [1]),
      });
      const floats = (name: string): Float32Array => {
        const data = out[name]?.data;
        if (data instanceof Float32Array) return data;
        throw new InputError(`${where}: has no output "${name}"; expected a model of ser export`);
      };
      const windows = out['windows']?.data;
      if (!(windows instanceof BigInt64Array)) throw new InputError(`${where}: has no output "windows"`);
      return {
        probabilities: floats('probabilities'),
        embedding: floats('embedding'),
        windowProbabilities: floats('window_probabilities'),
        attention: floats('attention'),
        windows,
      };
    },
    release: () => session.release(),
  };
}
