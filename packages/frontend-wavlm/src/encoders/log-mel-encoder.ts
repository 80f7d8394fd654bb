import * as tf from '@tensorflow/tfjs-core';
import { conv1d, gelu, layerNorm } from '@ser/onnx-jit';
import type { LogMelConfig } from './config';
import type { ApplyOptions, Encoder, EncoderInput, EncoderOutput } from './encoder';
import { createMelTransform, LOG_MEL_MIN_SAMPLES, logMel, logMelFrames } from './log-mel';
import { validSteps } from './masks';
import { convSpec, normSpec, Parameters, type ParameterSpec } from './parameters';
import { maskChannels } from '../training/spec-augment';

const HOP = 160;

export function logMelSpecs({ hiddenSize, melBins, channels }: LogMelConfig): ParameterSpec[] {
  return [
    ...convSpec('conv1', channels, melBins, 3, true),
    ...convSpec('conv2', hiddenSize, channels, 3, true),
    ...normSpec('layer_norm', hiddenSize),
  ];
}

export interface LogMelOptions {
  /** Features of a frame. */
  hiddenSize: number;
  /** Uniform [0, 1): the initial weights. */
  random: () => number;
  /** 80 when absent. */
  melBins?: number;
  /** Channels after the first convolution; `hiddenSize` when absent. */
  channels?: number;
}

/**
 * A small encoder to train from nothing: 10 ms log-mel frames, two convolutions of stride 2 (kernel 3, GELU), layer
 * norm. 25 frames a second.
 */
export function createLogMelEncoder({
  hiddenSize,
  random,
  melBins = 80,
  channels = hiddenSize,
}: LogMelOptions): Encoder {
  const config: LogMelConfig = { kind: 'logmel', hiddenSize, melBins, channels };
  return logMelEncoder(config, Parameters.random(logMelSpecs(config), random));
}

export function logMelEncoder(config: LogMelConfig, parameters: Parameters): Encoder {
  const { hiddenSize, melBins } = config;
  const transform = createMelTransform(melBins);
  const frameCount = (samples: number): number => Math.ceil(Math.ceil(logMelFrames(samples) / 2) / 2);

  function apply(input: EncoderInput, options: ApplyOptions = {}): EncoderOutput {
    const [batch] = input.waves.shape;
    const { mel } = logMel(input.waves, input.lengths, transform);
    const convolve = (x: tf.Tensor3D, name: string): tf.Tensor3D => {
      const y = conv1d(x, parameters.filter(`${name}.weight`), { padding: 1, stride: 2 });
      return gelu(tf.add(y, parameters.channels(`${name}.bias`)));
    };
    const first = convolve(maskChannels(mel, options.training ?? {}), 'conv1');
    // What lies after an utterance's end must look like the zeros that a convolution pads with.
    const half = validSteps(input.lengths, first.shape[2], HOP, 2 * HOP);
    const second = convolve(tf.mul(first, tf.reshape(half, [batch, 1, -1])), 'conv2');
    const rows: tf.Tensor3D = tf.transpose(second, [0, 2, 1]);
    const frames = layerNorm(rows, parameters.get('layer_norm.weight'), parameters.get('layer_norm.bias'));
    const mask = validSteps(input.lengths, frames.shape[1], HOP, 4 * HOP);
    return { frames, mask, ...(options.layers ? { layers: [frames] } : {}) };
  }

  return {
    kind: 'logmel',
    hiddenSize,
    layerCount: 0,
    batching: 'padded',
    sampleRate: 16000,
    minSamples: LOG_MEL_MIN_SAMPLES,
    config,
    parameters: parameters.map,
    frameCount,
    noiseShape: (samples) => ({ time: logMelFrames(samples), features: melBins, layers: 0 }),
    apply,
    dispose: () => {
      transform.dispose();
      parameters.dispose();
    },
  };
}
