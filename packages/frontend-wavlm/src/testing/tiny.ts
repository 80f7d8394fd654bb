import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EncoderConfig, WaveConfig } from '../config';

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
    maxPositions: 60,
  },
  logmel: { kind: 'logmel', hiddenSize: 8, melBins: 12, channels: 6 },
};

/** A small generator with a seed, for tests (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Noise with a slow swell, so that frames differ. */
export function testWave(length: number, random: () => number): Float32Array {
  return Float32Array.from(
    { length },
    (_, n) => 0.3 * Math.sin(n / 17) * Math.sin(n / 900 + 1) + 0.1 * (random() - 0.5),
  );
}

/** Runs with a folder that is gone afterwards. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ser-test-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
