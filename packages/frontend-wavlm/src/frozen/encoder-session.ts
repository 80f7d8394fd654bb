import { InputError, messageOf } from '@ser/files';
import * as ort from '@ser/onnx-jit/onnxruntime';
import type { Provider } from '@ser/onnx-jit';
import type { Encoder } from '../encoders/encoder';
import type { Features, FrozenLayers } from './features';

/** A compiled encoder, ready to run. */
export interface EncoderSession {
  /** Features of waveforms that may stand in one batch (see `Encoder.batching`). */
  run(waves: readonly Float32Array[]): Promise<Features[]>;
  release(): Promise<void>;
}

/**
 * Opens a compiled encoder in ONNX Runtime.
 * @param model path, of a model that gives every layer unless `layers` is `last`
 */
export async function openEncoderSession(
  model: string,
  encoder: Pick<Encoder, 'frameCount' | 'batching' | 'maxSamples'>,
  layers: FrozenLayers,
  options: { provider: Provider; threads?: number | undefined },
): Promise<EncoderSession> {
  const { provider, threads } = options;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    logSeverityLevel: 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  return {
    run: async (waves) => {
      const longest = Math.max(...waves.map((wave) => wave.length));
      const isGridded = provider !== 'cpu' && encoder.batching === 'padded';
      const input = padded(waves, isGridded ? onGrid(longest, encoder) : longest);
      const results = await session.run(input).catch(refuseFloat16);
      const output = results[layers === 'last' ? 'frames' : 'layers'];
      if (!output || !(output.data instanceof Float32Array)) throw new Error('ONNX Runtime delivered no frames');
      const { data, dims } = output;
      return waves.map((wave, row) => featuresOf(data, dims, row, encoder.frameCount(wave.length), layers));
    },
    release: () => session.release(),
  };
}

/** @throws {InputError} when that is why the run failed */
function refuseFloat16(error: unknown): never {
  if (/requires f16 but the device does not support it/.test(messageOf(error)))
    throw new InputError('this GPU has no 16-bit numbers (WebGPU feature shader-f16): use precision float32');
  throw error;
}

/** Samples between the lengths of batches on a GPU, half a second: it prepares its kernels anew for every length. */
const grid = 8000;

const onGrid = (samples: number, { maxSamples = Infinity }: Pick<Encoder, 'maxSamples'>): number =>
  Math.min(Math.ceil(samples / grid) * grid, maxSamples);

/** Waveforms in the rows of one array of so many columns, zeros after their ends. */
function padded(waves: readonly Float32Array[], columns: number): { waves: ort.Tensor; lengths: ort.Tensor } {
  const lengths = Int32Array.from(waves, (wave) => wave.length);
  const data = new Float32Array(waves.length * columns);
  waves.forEach((wave, row) => data.set(wave, row * columns));
  return {
    waves: new ort.Tensor('float32', data, [waves.length, columns]),
    lengths: new ort.Tensor('int32', lengths, [waves.length]),
  };
}

/**
 * One waveform's features, without padding.
 * @param values of [batch, frames, features], or of every layer [layers + 1, batch, frames, features]
 * @param own frames of this waveform
 */
function featuresOf(
  values: Float32Array,
  dims: readonly number[],
  row: number,
  own: number,
  layers: FrozenLayers,
): Features {
  const [features = 0, frames = 0, batch = 0, depth = 1] = [...dims].reverse();
  const chosen =
    layers === 'all' ? Array.from({ length: depth }, (_, layer) => layer) : [layers === 'last' ? 0 : layers];
  const data = new Float32Array(chosen.length * own * features);
  for (const [i, layer] of chosen.entries()) {
    const start = (layer * batch + row) * frames * features;
    data.set(values.subarray(start, start + own * features), i * own * features);
  }
  return { shape: layers === 'all' ? [depth, own, features] : [own, features], data };
}
