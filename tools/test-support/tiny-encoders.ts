import type { EncoderConfig, WaveConfig } from '@ser/frontend-wavlm';

const base: WaveConfig = {
  kind: 'wavlm',
  hiddenSize: 16,
  layerCount: 2,
  heads: 2,
  feedForward: 24,
  epsilon: 1e-5,
  convNorm: 'group',
  convBias: false,
  convDim: [8, 8, 8],
  convKernel: [10, 3, 2],
  convStride: [5, 4, 2],
  positionKernel: 8,
  positionGroups: 2,
  preNorm: false,
  projectionNorm: true,
  buckets: 32,
  maxDistance: 40,
  normalizeInput: false,
};

/** One model of each architecture, small enough for finite differences. */
export const tinyConfigs: Record<
  'wavlmBase' | 'wavlmLarge' | 'hubertBase' | 'hubertLarge' | 'whisper' | 'logmel',
  EncoderConfig
> = {
  wavlmBase: base,
  wavlmLarge: { ...base, convNorm: 'layer', preNorm: true, normalizeInput: true },
  hubertBase: { ...base, kind: 'hubert', buckets: 0, maxDistance: 0, projectionNorm: false },
  hubertLarge: {
    ...base,
    kind: 'hubert',
    buckets: 0,
    maxDistance: 0,
    convNorm: 'layer',
    convBias: true,
    preNorm: true,
    normalizeInput: true,
  },
  whisper: {
    kind: 'whisper',
    hiddenSize: 16,
    layerCount: 2,
    heads: 2,
    feedForward: 24,
    epsilon: 1e-5,
    melBins: 12,
    maxPositions: 100,
  },
  logmel: { kind: 'logmel', hiddenSize: 8, melBins: 12, channels: 6 },
};
