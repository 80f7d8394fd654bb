import * as tf from '@tensorflow/tfjs';
import type { Case } from '../case';
import { floats } from '../sample';

const noGradient = 'tfjs has none';
const parts = (x: tf.Tensor): tf.Tensor[] => [tf.real(x), tf.imag(x)];

const transforms: Case[] = [[8], [2, 6], [2, 3, 5], [1, 1]].flatMap((shape): Case[] => [
  {
    name: `fft and ifft of [${shape}]`,
    inputs: [floats(shape), floats(shape)],
    fn: (re, im) => [...parts(tf.fft(tf.complex(re!, im!))), ...parts(tf.ifft(tf.complex(re!, im!)))],
    noGradient,
  },
  {
    name: `rfft of [${shape}] and back`,
    inputs: [floats(shape)],
    fn: (x) => [...parts(tf.rfft(x!)), ...(shape.at(-1) === 1 ? [] : [tf.irfft(tf.rfft(x!))])],
    noGradient,
    // Two transforms, one after the other, add up the rounding of all their terms.
    absolute: 1e-5,
  },
]);

const others: Case[] = [
  {
    name: 'stft and its magnitude',
    inputs: [floats([64])],
    fn: (x) => {
      const spectrum = tf.signal.stft(x as tf.Tensor1D, 16, 8);
      return [...parts(spectrum), tf.abs(spectrum)];
    },
    noGradient,
    absolute: 1e-5,
  },
  {
    name: 'stft with frames shorter than the transform',
    inputs: [floats([40])],
    fn: (x) => parts(tf.signal.stft(x as tf.Tensor1D, 10, 5, 16, tf.signal.hammingWindow)),
    noGradient,
    absolute: 1e-5,
  },
  {
    name: 'complex arithmetic and shapes',
    inputs: [floats([2, 3]), floats([2, 3]), floats([2, 3])],
    fn: (re, im, x) => {
      const z = tf.complex(re!, im!);
      const w = tf.complex(x!, tf.neg(x!));
      return [
        tf.add(z, w),
        tf.sub(z, w),
        tf.mul(z, w),
        tf.concat([z, z], 1),
        tf.transpose(z, [1, 0]),
        tf.onesLike(z),
        tf.zerosLike(z),
      ].flatMap(parts);
    },
    noGradient,
  },
];

export const spectralCases: readonly Case[] = [...transforms, ...others];
