import * as tf from '@tensorflow/tfjs-core';
import { conv1d, gelu, instanceNorm, layerNorm } from '@ser/onnx-jit';
import { selfAttention } from './attention';
import { runBlocks, type Block, type Weights } from './blocks';
import type { WaveConfig } from './config';
import { hopOf, receptiveFieldOf } from './convolution-shape';
import type { ApplyOptions, Encoder, EncoderInput, EncoderOutput, ReachedFrames } from './encoder';
import { linear } from './linear';
import { keyBias, validSteps } from './masks';
import { convSpec, linearSpec, normSpec, type ParameterSpec, type Parameters } from './parameters';
import { positionBias, positionGate } from './relative-position';
import { maskFrames } from '../training/spec-augment';

const POSITION = 'encoder.pos_conv_embed.conv';
const TABLE = 'encoder.layers.0.attention.rel_attn_embed.weight';

function blockSpecs(config: WaveConfig, name: string): ParameterSpec[] {
  const { hiddenSize: size, feedForward, heads } = config;
  return [
    ...(config.kind === 'wavlm'
      ? [
          { name: `${name}attention.gru_rel_pos_const`, shape: [1, heads, 1, 1], init: { constant: 1 } },
          ...linearSpec(`${name}attention.gru_rel_pos_linear`, 8, size / heads),
        ]
      : []),
    ...['k_proj', 'v_proj', 'q_proj', 'out_proj'].flatMap((part) => linearSpec(`${name}attention.${part}`, size, size)),
    ...normSpec(`${name}layer_norm`, size),
    ...linearSpec(`${name}feed_forward.intermediate_dense`, feedForward, size),
    ...linearSpec(`${name}feed_forward.output_dense`, size, feedForward),
    ...normSpec(`${name}final_layer_norm`, size),
  ];
}

/** Every tensor of a WavLM or HuBERT under Hugging Face's names. */
export function waveSpecs(config: WaveConfig): ParameterSpec[] {
  const { hiddenSize: size, convDim, convKernel, convBias, convNorm, positionKernel, positionGroups } = config;
  const channelsOut = convDim.at(-1) ?? 0;
  const convolutions = convDim.flatMap((out, i) => {
    const name = `feature_extractor.conv_layers.${i}`;
    const conv = convSpec(`${name}.conv`, out, i === 0 ? 1 : (convDim[i - 1] ?? 0), convKernel[i] ?? 1, convBias);
    return convNorm === 'layer' || i === 0 ? [...conv, ...normSpec(`${name}.layer_norm`, out)] : conv;
  });
  return [
    { name: 'masked_spec_embed', shape: [size], init: { deviation: 0.5 }, optional: true },
    ...convolutions,
    ...(config.projectionNorm ? normSpec('feature_projection.layer_norm', channelsOut) : []),
    ...linearSpec('feature_projection.projection', size, channelsOut),
    { name: `${POSITION}.bias`, shape: [size], init: { constant: 0 } },
    {
      name: `${POSITION}.weight_g`,
      alias: `${POSITION}.parametrizations.weight.original0`,
      shape: [1, 1, positionKernel],
      init: { constant: Math.sqrt((4 * size) / positionKernel) },
    },
    {
      name: `${POSITION}.weight_v`,
      alias: `${POSITION}.parametrizations.weight.original1`,
      shape: [size, size / positionGroups, positionKernel],
      init: { deviation: Math.sqrt((4 * positionGroups) / (size * positionKernel)) },
    },
    ...normSpec('encoder.layer_norm', size),
    ...(config.kind === 'wavlm'
      ? [{ name: TABLE, shape: [config.buckets, config.heads], init: { deviation: 0.2 } }]
      : []),
    ...Array.from({ length: config.layerCount }, (_, layer) => blockSpecs(config, `encoder.layers.${layer}.`)).flat(),
  ];
}

/** WavLM or HuBERT: convolutions on the waveform, a convolution for positions, transformer blocks. */
export function waveEncoder(config: WaveConfig, parameters: Parameters): Encoder {
  const { hiddenSize, layerCount, convKernel, convStride, epsilon, preNorm } = config;
  const p = (name: string): tf.Tensor => parameters.get(name);
  const hop = hopOf(convStride);
  const field = receptiveFieldOf(convKernel, convStride);
  const frameCount = (samples: number): number => (samples < field ? 0 : Math.floor((samples - field) / hop) + 1);
  // A batch of equal lengths needs no mask, and gets none: it would only cost time.
  const padded = config.convNorm === 'layer';
  const encoderNorm = (x: tf.Tensor2D): tf.Tensor2D =>
    layerNorm(x, p('encoder.layer_norm.weight'), p('encoder.layer_norm.bias'), epsilon);

  function apply(input: EncoderInput, options: ApplyOptions = {}): EncoderOutput {
    const [batch, samples] = input.waves.shape;
    const frames = frameCount(samples);
    const waves = config.normalizeInput ? normalizeWaves(input.waves, input.lengths) : input.waves;
    const features = convolve(config, parameters, tf.reshape(waves, [batch, 1, samples]));
    const mask = validSteps(input.lengths, frames, field, hop);
    const projected = project(config, parameters, tf.reshape(features, [batch * frames, -1]));
    const unfolded: tf.Tensor3D = tf.reshape(projected, [batch, frames, hiddenSize]);
    let hidden = maskFrames(unfolded, options.training ?? {}, p('masked_spec_embed'));
    if (padded) hidden = tf.mul(hidden, tf.expandDims(mask, 2));
    const positioned: tf.Tensor2D = tf.reshape(tf.add(hidden, positions(config, parameters, hidden)), [
      batch * frames,
      hiddenSize,
    ]);
    const rows = preNorm ? positioned : encoderNorm(positioned);
    return blocks({ layer: 0, frames: tf.reshape(rows, [batch, frames, hiddenSize]), mask }, padded, options);
  }

  function blocks(reached: ReachedFrames, masked: boolean, options: ApplyOptions): EncoderOutput {
    const { layer, mask } = reached;
    const [batch, frames] = reached.frames.shape;
    const rows: tf.Tensor2D = tf.reshape(reached.frames, [batch * frames, hiddenSize]);
    const hide = masked ? [keyBias(mask)] : [];
    const bias = config.kind === 'wavlm' ? [positionBias(p(TABLE), frames, config.maxDistance)] : [];
    const stack = {
      block: waveBlock(config, batch, frames),
      layers: layerCount,
      from: layer,
      names: blockSpecs(config, '').map(({ name }) => name),
      prefix: (layer: number) => `encoder.layers.${layer}.`,
      parameters,
    };
    const outputs = runBlocks(stack, rows, [...bias, ...hide], options);
    const last = outputs.at(-1) ?? rows;
    const unfold = (x: tf.Tensor2D): tf.Tensor3D => tf.reshape(x, [batch, frames, hiddenSize]);
    return {
      frames: unfold(preNorm ? encoderNorm(last) : last),
      mask,
      ...(options.layers ? { layers: outputs.map(unfold) } : {}),
    };
  }

  return {
    kind: config.kind,
    hiddenSize,
    layerCount,
    batching: padded ? 'padded' : 'equal-length',
    sampleRate: 16000,
    minSamples: field,
    config,
    parameters: parameters.map,
    frameCount,
    noiseShape: (samples) => ({ time: frameCount(samples), features: hiddenSize, layers: layerCount }),
    apply,
    resume: (reached, options = {}) => blocks(reached, true, options),
    dispose: () => parameters.dispose(),
  };
}

/** Each row to zero mean and unit variance over its own samples; the padding stays 0. */
function normalizeWaves(waves: tf.Tensor2D, lengths: tf.Tensor1D): tf.Tensor2D {
  const own = validSteps(lengths, waves.shape[1], 1, 1);
  const count = tf.reshape(tf.cast(lengths, 'float32'), [-1, 1]);
  const mean = tf.div(tf.sum(waves, 1, true), count);
  const centred = tf.mul<tf.Tensor2D>(tf.sub(waves, mean), own);
  const variance = tf.div(tf.sum(tf.square(centred), 1, true), count);
  // The value these models were trained with; Hugging Face's feature extractor adds 1e-7.
  return tf.div(centred, tf.sqrt(tf.add(variance, 1e-5)));
}

/** [batch, 1, samples] → [batch, frames, channels]. */
function convolve(config: WaveConfig, parameters: Parameters, waves: tf.Tensor3D): tf.Tensor3D {
  const { convKernel, convStride, convNorm, epsilon } = config;
  const last = convKernel.length - 1;
  let x = waves;
  for (let i = 0; i <= last; i++) {
    const name = `feature_extractor.conv_layers.${i}`;
    const y = conv1d(x, parameters.filter(`${name}.conv.weight`), { stride: convStride[i] ?? 1 });
    if (convNorm === 'layer') {
      const rows: tf.Tensor3D = tf.transpose(y, [0, 2, 1]);
      const biased = config.convBias ? tf.add<tf.Tensor3D>(rows, parameters.get(`${name}.conv.bias`)) : rows;
      const norm = layerNorm(
        biased,
        parameters.get(`${name}.layer_norm.weight`),
        parameters.get(`${name}.layer_norm.bias`),
        epsilon,
      );
      x = i === last ? gelu(norm) : gelu(tf.transpose<tf.Tensor3D>(norm, [0, 2, 1]));
      continue;
    }
    const biased = config.convBias ? tf.add<tf.Tensor3D>(y, parameters.channels(`${name}.conv.bias`)) : y;
    const norm =
      i === 0
        ? instanceNorm(
            biased,
            parameters.vector(`${name}.layer_norm.weight`),
            parameters.vector(`${name}.layer_norm.bias`),
            epsilon,
          )
        : biased;
    x = i === last ? tf.transpose<tf.Tensor3D>(gelu(norm), [0, 2, 1]) : gelu(norm);
  }
  return x;
}

/** [rows, channels] → [rows, hiddenSize] */
function project(config: WaveConfig, parameters: Parameters, rows: tf.Tensor2D): tf.Tensor2D {
  const p = (name: string): tf.Tensor => parameters.get(`feature_projection.${name}`);
  const norm = config.projectionNorm
    ? layerNorm(rows, p('layer_norm.weight'), p('layer_norm.bias'), config.epsilon)
    : rows;
  return linear(norm, p('projection.weight'), p('projection.bias'));
}

/** The convolution that stands for absolute positions, with its weight normed per tap (g·v/‖v‖). */
function positions(config: WaveConfig, parameters: Parameters, hidden: tf.Tensor3D): tf.Tensor3D {
  const direction = parameters.filter(`${POSITION}.weight_v`);
  const length = tf.sqrt(tf.sum(tf.square(direction), [0, 1], true));
  const filter = tf.mul<tf.Tensor3D>(direction, tf.div(parameters.get(`${POSITION}.weight_g`), length));
  // An even kernel padded by its half gives one frame more, which the reference drops: not computed here.
  const before = Math.floor(config.positionKernel / 2);
  const padding: [number, number] = [before, config.positionKernel - 1 - before];
  const x: tf.Tensor3D = tf.transpose(hidden, [0, 2, 1]);
  const y = conv1d(x, filter, { padding, groups: config.positionGroups });
  return tf.transpose(gelu(tf.add<tf.Tensor3D>(y, parameters.channels(`${POSITION}.bias`))), [0, 2, 1]);
}

/** Pre-LN: h + attention(norm(h)), h + feed-forward(norm(h)). Post-LN: norm(h + attention(h)), norm(h + feed-forward(h)). */
function waveBlock(config: WaveConfig, batch: number, frames: number): Block {
  const { heads, epsilon, preNorm } = config;
  const shape = { batch, frames, heads };
  return (rows, shared, weights) => {
    const norm = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
      layerNorm(x, weights(`${name}.weight`), weights(`${name}.bias`), epsilon);
    const feedForward = (x: tf.Tensor2D): tf.Tensor2D => {
      const inner = gelu(
        linear(x, weights('feed_forward.intermediate_dense.weight'), weights('feed_forward.intermediate_dense.bias')),
      );
      return linear(inner, weights('feed_forward.output_dense.weight'), weights('feed_forward.output_dense.bias'));
    };
    const attend = (x: tf.Tensor2D): tf.Tensor2D =>
      selfAttention(x, attentionWeights(weights), shape, attentionBias(config, x, shared, weights, shape));
    if (preNorm) {
      const h = tf.add<tf.Tensor2D>(rows, attend(norm(rows, 'layer_norm')));
      return tf.add(h, feedForward(norm(h, 'final_layer_norm')));
    }
    const h = norm(tf.add(rows, attend(rows)), 'layer_norm');
    return norm(tf.add(h, feedForward(h)), 'final_layer_norm');
  };
}

/** Gated position bias (WavLM) plus what hides the padding, if there is any. */
function attentionBias(
  config: WaveConfig,
  x: tf.Tensor2D,
  shared: readonly tf.Tensor[],
  weights: Weights,
  shape: { batch: number; frames: number; heads: number },
): tf.Tensor | undefined {
  if (config.kind === 'hubert') return shared[0];
  const [position, hide] = shared;
  if (!position) throw new Error('WavLM needs its position bias');
  const part = (name: string): tf.Tensor => weights(`attention.gru_rel_pos_${name}`);
  const gate = positionGate(x, part('linear.weight'), part('linear.bias'), part('const'), shape);
  const gated = tf.mul(gate, position);
  return hide ? tf.add(gated, hide) : gated;
}

const attentionWeights = (weights: Weights) => ({
  queryWeight: weights('attention.q_proj.weight'),
  queryBias: weights('attention.q_proj.bias'),
  keyWeight: weights('attention.k_proj.weight'),
  keyBias: weights('attention.k_proj.bias'),
  valueWeight: weights('attention.v_proj.weight'),
  valueBias: weights('attention.v_proj.bias'),
  outWeight: weights('attention.out_proj.weight'),
  outBias: weights('attention.out_proj.bias'),
});
