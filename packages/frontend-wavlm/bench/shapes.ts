import type { WaveConfig } from '../src/index';

/** The shape of WavLM Base, as its config.json says it. */
export const wavlmBase: WaveConfig = {
  kind: 'wavlm',
  hiddenSize: 768,
  layerCount: 12,
  heads: 12,
  feedForward: 3072,
  epsilon: 1e-5,
  convNorm: 'group',
  convBias: false,
  convDim: [512, 512, 512, 512, 512, 512, 512],
  convKernel: [10, 3, 3, 3, 3, 2, 2],
  convStride: [5, 2, 2, 2, 2, 2, 2],
  positionKernel: 128,
  positionGroups: 16,
  preNorm: false,
  projectionNorm: true,
  buckets: 320,
  maxDistance: 800,
  normalizeInput: false,
};

/** The shape of WavLM Large. */
export const wavlmLarge: WaveConfig = {
  ...wavlmBase,
  hiddenSize: 1024,
  layerCount: 24,
  heads: 16,
  feedForward: 4096,
  convNorm: 'layer',
  preNorm: true,
  normalizeInput: true,
};

export const shapes = { base: wavlmBase, large: wavlmLarge };

/** Arithmetic of a forward pass, 2 per multiply-add: convolutions on the waveform, and everything after them. */
export function forwardFlops(
  config: WaveConfig,
  batch: number,
  samples: number,
): { convolutions: number; rest: number } {
  let length = samples;
  let channels = 1;
  let convolutions = 0;
  config.convDim.forEach((out, i) => {
    const kernel = config.convKernel[i] ?? 1;
    length = Math.floor((length - kernel) / (config.convStride[i] ?? 1)) + 1;
    convolutions += 2 * length * out * channels * kernel;
    channels = out;
  });
  const { hiddenSize: size, feedForward, layerCount, positionKernel, positionGroups } = config;
  const projections = 2 * length * size * (channels + (size / positionGroups) * positionKernel);
  const block = 2 * length * size * (4 * size + 2 * feedForward) + 4 * length * length * size;
  return { convolutions: batch * convolutions, rest: batch * (projections + layerCount * block) };
}
