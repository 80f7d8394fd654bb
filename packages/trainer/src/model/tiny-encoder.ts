import type { Encoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { normal, type Random } from '../random';

const hop = 160;

/** For tests: 10 ms of samples times a matrix, twice. Small enough for finite differences on the eager reference. */
export function tinyEncoder(hiddenSize: number, random: Random): Encoder {
  const matrix = (rows: number): tf.Variable =>
    tf.variable(
      tf.tensor2d(
        Float32Array.from({ length: rows * hiddenSize }, () => normal(random) / Math.sqrt(rows)),
        [rows, hiddenSize],
      ),
    );
  const first = matrix(hop);
  const second = matrix(hiddenSize);
  return {
    kind: 'logmel',
    hiddenSize,
    layerCount: 1,
    batching: 'padded',
    sampleRate: 16000,
    minSamples: hop,
    config: { kind: 'logmel', hiddenSize, melBins: 1, channels: 1 },
    parameters: new Map([
      ['first', first],
      ['second', second],
    ]),
    frameCount: (samples) => Math.floor(samples / hop),
    noiseShape: (samples) => ({ time: Math.floor(samples / hop), features: hiddenSize, layers: 1 }),
    apply({ waves, lengths }) {
      const [batch, samples] = waves.shape;
      const frames = Math.floor(samples / hop);
      const cut = tf.reshape(tf.slice(waves, [0, 0], [batch, frames * hop]), [batch * frames, hop]);
      const input = tf.tanh(tf.matMul(cut as tf.Tensor2D, first as tf.Tensor2D));
      const output = tf.tanh(tf.matMul(input, second as tf.Tensor2D));
      const rows = (x: tf.Tensor): tf.Tensor3D => tf.reshape(x, [batch, frames, hiddenSize]);
      const ends = tf.reshape(tf.mul(tf.range(1, frames + 1), hop), [1, frames]);
      const mask = tf.cast(
        tf.lessEqual(ends, tf.reshape(tf.cast(lengths, 'float32'), [batch, 1])),
        'float32',
      ) as tf.Tensor2D;
      return { frames: rows(output), mask, layers: [rows(input), rows(output)] };
    },
    dispose: () => tf.dispose([first, second]),
  };
}
