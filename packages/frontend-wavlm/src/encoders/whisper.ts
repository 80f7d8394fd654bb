import * as tf from '@tensorflow/tfjs-core';
import { conv1d, gelu, layerNorm } from '@ser/onnx-jit';
import { selfAttention } from './attention';
import { runBlocks, type Block, type Weights } from './blocks';
import type { WhisperConfig } from './config';
import type { ApplyOptions, Encoder, EncoderInput, EncoderOutput, ReachedFrames } from './encoder';
import { linear } from './linear';
import { createMelTransform, LOG_MEL_MIN_SAMPLES, logMel, logMelFrames } from './log-mel';
import { keyBias, validSteps } from './masks';
import { convSpec, linearSpec, normSpec, type ParameterSpec, type Parameters } from './parameters';
import { maskChannels } from '../training/spec-augment';

const HOP = 160;
const PREFIX = 'model.encoder.';

function blockSpecs(config: WhisperConfig, name: string): ParameterSpec[] {
  const { hiddenSize: size, feedForward } = config;
  return [
    ...linearSpec(`${name}self_attn.q_proj`, size, size),
    ...linearSpec(`${name}self_attn.k_proj`, size, size, false),
    ...linearSpec(`${name}self_attn.v_proj`, size, size),
    ...linearSpec(`${name}self_attn.out_proj`, size, size),
    ...normSpec(`${name}self_attn_layer_norm`, size),
    ...normSpec(`${name}final_layer_norm`, size),
    ...linearSpec(`${name}fc1`, feedForward, size),
    ...linearSpec(`${name}fc2`, size, feedForward),
  ];
}

/** Every tensor of a Whisper encoder under Hugging Face's names. */
export function whisperSpecs(config: WhisperConfig): ParameterSpec[] {
  const { hiddenSize: size, layerCount, melBins, maxPositions } = config;
  return [
    ...convSpec(`${PREFIX}conv1`, size, melBins, 3, true),
    ...convSpec(`${PREFIX}conv2`, size, size, 3, true),
    { name: `${PREFIX}embed_positions.weight`, shape: [maxPositions, size], init: { deviation: 0.5 }, fixed: true },
    ...Array.from({ length: layerCount }, (_, layer) => blockSpecs(config, `${PREFIX}layers.${layer}.`)).flat(),
    ...normSpec(`${PREFIX}layer_norm`, size),
  ];
}

/** Whisper's encoder, used without padding to 30 s: every utterance by its own log-mel frames, under a mask. */
export function whisperEncoder(config: WhisperConfig, parameters: Parameters): Encoder {
  const { hiddenSize, layerCount, epsilon } = config;
  const transform = createMelTransform(config.melBins);
  const frameCount = (samples: number): number => Math.ceil(logMelFrames(samples) / 2);

  function apply(input: EncoderInput, options: ApplyOptions = {}): EncoderOutput {
    const frames = frameCount(input.waves.shape[1]);
    const { mel, valid } = logMel(input.waves, input.lengths, transform);
    const biased = (x: tf.Tensor3D, name: string): tf.Tensor3D => gelu(tf.add(x, parameters.channels(PREFIX + name)));
    const signal = maskChannels(mel, options.training ?? {});
    const first = biased(conv1d(signal, parameters.filter(`${PREFIX}conv1.weight`), { padding: 1 }), 'conv1.bias');
    // What lies after an utterance's end must look like the zeros that a convolution pads with.
    const second = conv1d(tf.mul(first, valid), parameters.filter(`${PREFIX}conv2.weight`), { padding: 1, stride: 2 });
    const embedded: tf.Tensor3D = tf.transpose(biased(second, 'conv2.bias'), [0, 2, 1]);
    const positions = tf.slice(parameters.get(`${PREFIX}embed_positions.weight`), [0, 0], [frames, hiddenSize]);
    // A frame covers two log-mel frames and exists when the first of them does.
    const mask = validSteps(input.lengths, frames, HOP, 2 * HOP);
    return resume({ layer: 0, frames: tf.add(embedded, positions), mask }, options);
  }

  function resume({ layer, frames: reached, mask }: ReachedFrames, options: ApplyOptions = {}): EncoderOutput {
    const [batch, frames] = reached.shape;
    const rows: tf.Tensor2D = tf.reshape(reached, [batch * frames, hiddenSize]);
    const stack = {
      block: whisperBlock(config, batch, frames),
      layers: layerCount,
      from: layer,
      names: blockSpecs(config, '').map(({ name }) => name),
      prefix: (layer: number) => `${PREFIX}layers.${layer}.`,
      parameters,
    };
    const outputs = runBlocks(stack, rows, [keyBias(mask)], options);
    const last = outputs.at(-1) ?? rows;
    const norm = layerNorm(
      last,
      parameters.get(`${PREFIX}layer_norm.weight`),
      parameters.get(`${PREFIX}layer_norm.bias`),
      epsilon,
    );
    const unfold = (x: tf.Tensor2D): tf.Tensor3D => tf.reshape(x, [batch, frames, hiddenSize]);
    return { frames: unfold(norm), mask, ...(options.layers ? { layers: outputs.map(unfold) } : {}) };
  }

  return {
    kind: 'whisper',
    hiddenSize,
    layerCount,
    batching: 'padded',
    sampleRate: 16000,
    minSamples: LOG_MEL_MIN_SAMPLES,
    maxSamples: config.maxPositions * 2 * HOP,
    config,
    parameters: parameters.map,
    frameCount,
    noiseShape: (samples) => ({ time: logMelFrames(samples), features: config.melBins, layers: layerCount }),
    apply,
    resume,
    dispose: () => {
      transform.dispose();
      parameters.dispose();
    },
  };
}

/** h + attention(norm(h)), then h + feed-forward(norm(h)). */
function whisperBlock({ heads, epsilon }: WhisperConfig, batch: number, frames: number): Block {
  return (rows, [hide], weights) => {
    const norm = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
      layerNorm(x, weights(`${name}.weight`), weights(`${name}.bias`), epsilon);
    const attended = selfAttention(
      norm(rows, 'self_attn_layer_norm'),
      attentionWeights(weights),
      { batch, frames, heads },
      hide,
    );
    const x = tf.add<tf.Tensor2D>(rows, attended);
    const inner = gelu(linear(norm(x, 'final_layer_norm'), weights('fc1.weight'), weights('fc1.bias')));
    return tf.add<tf.Tensor2D>(x, linear(inner, weights('fc2.weight'), weights('fc2.bias')));
  };
}

const attentionWeights = (weights: Weights) => ({
  queryWeight: weights('self_attn.q_proj.weight'),
  queryBias: weights('self_attn.q_proj.bias'),
  keyWeight: weights('self_attn.k_proj.weight'),
  valueWeight: weights('self_attn.v_proj.weight'),
  valueBias: weights('self_attn.v_proj.bias'),
  outWeight: weights('self_attn.out_proj.weight'),
  outBias: weights('self_attn.out_proj.bias'),
});
