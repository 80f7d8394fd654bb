import * as tf from '@tensorflow/tfjs-core';
import { conv1d } from '@ser/onnx-jit';
import { validSteps } from './masks';
import { melFilters } from './mel-filters';

const WINDOW = 400;
const HOP = 160;
const LINES = WINDOW / 2 + 1;

/** The constant matrices of a log-mel spectrogram; made once an encoder, so that recordings of it share them. */
export interface MelTransform {
  /** [402, 1, 400] */
  readonly basis: tf.Tensor3D;
  /** [bins, 402, 1] */
  readonly filters: tf.Tensor3D;
  dispose(): void;
}

/** @param bins mel filters */
export function createMelTransform(bins: number): MelTransform {
  const basis = tf.keep(tf.tensor3d(windowedDft(), [2 * LINES, 1, WINDOW]));
  const filters = tf.keep(tf.tensor3d(doubledFilters(bins), [bins, 2 * LINES, 1]));
  return { basis, filters, dispose: () => tf.dispose([basis, filters]) };
}

/** Log-mel frames of a waveform of so many samples: one every 10 ms. */
export const logMelFrames = (samples: number): number => Math.floor(samples / HOP);

/** Shortest waveform whose ends can be mirrored. */
export const LOG_MEL_MIN_SAMPLES = WINDOW / 2 + 1;

/** Rows 0..200 the cosines, 201..401 the sines of the 400-point transform, times a periodic Hann window. */
function windowedDft(): Float32Array {
  const basis = new Float32Array(2 * LINES * WINDOW);
  for (let line = 0; line < LINES; line++) {
    for (let n = 0; n < WINDOW; n++) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW);
      const angle = (2 * Math.PI * ((line * n) % WINDOW)) / WINDOW;
      basis[line * WINDOW + n] = window * Math.cos(angle);
      basis[(LINES + line) * WINDOW + n] = window * Math.sin(angle);
    }
  }
  return basis;
}

/** The filters twice side by side: one product adds the squared cosine and sine parts and sums the lines. */
function doubledFilters(bins: number): Float32Array {
  const filters = melFilters(bins, WINDOW, 16000);
  return Float32Array.from({ length: bins * 2 * LINES }, (_, i) => {
    const bin = Math.floor(i / (2 * LINES));
    return filters[bin * LINES + (i % LINES)] ?? 0;
  });
}

/**
 * Whisper's log-mel spectrogram inside the graph: centred 25 ms frames every 10 ms with mirrored ends, Slaney mel
 * power, log10, floor at 8 below the utterance's own maximum, (x + 4) / 4. Every row is computed over its own samples
 * only, as if it stood alone.
 *
 * @param waves [batch, samples], zero beyond each length; more than 200 samples a row
 * @param lengths [batch], int32
 * @returns `mel` [batch, bins, frames] channel first, 0 beyond a row's frames, and its mask [batch, 1, frames]
 */
export function logMel(
  waves: tf.Tensor2D,
  lengths: tf.Tensor1D,
  { basis, filters }: MelTransform,
): { mel: tf.Tensor3D; valid: tf.Tensor3D } {
  const [batch, samples] = waves.shape;
  // Just long enough for ⌊samples / 160⌋ frames.
  const padded: tf.Tensor3D = tf.expandDims(mirrorEnds(waves, lengths, samples + WINDOW - HOP), 1);
  const spectrum = conv1d(padded, basis, { stride: HOP });
  const power = conv1d(tf.square(spectrum), filters);
  const log = tf.mul(tf.log(tf.maximum(power, 1e-10)), Math.LOG10E);
  const frames = spectrum.shape[2];
  const valid: tf.Tensor3D = tf.reshape(validSteps(lengths, frames, HOP, HOP), [batch, 1, frames]);
  const hidden = tf.mul(tf.sub(valid, 1), 1e3);
  const floor = tf.sub(tf.max(tf.add(log, hidden), [1, 2], true), 8);
  const scaled = tf.div(tf.add(tf.maximum(log, floor), 4), 4);
  return { mel: tf.mul(scaled, valid), valid };
}

/** Half a window of mirrored samples before each row, and after its own last sample. */
function mirrorEnds(waves: tf.Tensor2D, lengths: tf.Tensor1D, size: number): tf.Tensor2D {
  const [batch, samples] = waves.shape;
  const position = tf.abs(tf.sub(tf.range(0, size, 1, 'float32'), WINDOW / 2));
  const last = tf.sub(tf.reshape(tf.cast(lengths, 'float32'), [batch, 1]), 1);
  // Before the end a position stays, after it runs back; far in the padding it stops at 0, and is masked later.
  const mirrored = tf.maximum(tf.sub(last, tf.abs(tf.sub(last, tf.reshape(position, [1, size])))), 0);
  const row = tf.mul(tf.reshape(tf.range(0, batch, 1, 'int32'), [batch, 1]), tf.scalar(samples, 'int32'));
  const index = tf.add(tf.cast(mirrored, 'int32'), row);
  return tf.reshape(tf.gather(tf.reshape(waves, [-1]), index), [batch, size]);
}
