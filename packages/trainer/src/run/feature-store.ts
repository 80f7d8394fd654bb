import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { cacheFolder, makeFolder } from '@ser/files';
import {
  cacheSpace,
  createFrozenEncoder,
  type Encoder,
  type FrozenEncoder,
  type FrozenLayers,
} from '@ser/frontend-wavlm';
import type { Config } from '../config/schema';
import type { Engine } from '../training/engine';

/** A frozen encoder whose features are kept on disk, as far as there is room. */
export interface FeatureStore {
  readonly frozen: FrozenEncoder;
  readonly cacheDir: string;
  /** Bytes of all features. */
  readonly needed: number;
  /** Whether that is at most half of what is free for the cache; features are not kept otherwise. */
  readonly fits: boolean;
  /** Whether utterances of similar length are computed together. */
  readonly batched: boolean;
}

/** Where the features of mixed utterances are kept while other runs mix the same way. */
export interface MixedFeatures {
  readonly dir: string;
  /** How often the run mixes each utterance anew, over epochs and folds. */
  readonly times: number;
}

/** The first run makes the folder if there is room for all; the others find it, or compute for themselves. */
async function hasFolder({ dir, times }: MixedFeatures, needed: number): Promise<boolean> {
  if (existsSync(dir)) return true;
  const fits = needed * times <= (await cacheSpace(dirname(dir))) / 2;
  if (fits) makeFolder(dir);
  return fits;
}

/**
 * Opens the features of waveforms of so many samples each. On the CPU every utterance is encoded by itself: its features are
 * then the same to the last bit, whoever computes them. A GPU would spend its time waiting for work: it gets batches.
 */
export async function openFeatureStore(
  config: Pick<Config, 'threads' | 'cacheLimit' | 'precision'>,
  { provider = 'cpu' }: Pick<Engine, 'provider'>,
  encoder: Encoder,
  layers: FrozenLayers,
  samples: readonly number[],
  mixed?: MixedFeatures,
): Promise<FeatureStore> {
  const cacheDir = cacheFolder();
  const frames = samples.reduce((sum, count) => sum + encoder.frameCount(count), 0);
  const needed = 4 * frames * depthOf(layers, encoder) * encoder.hiddenSize;
  const fits = needed <= (await cacheSpace(cacheDir)) / 2;
  const unkeptDir = mixed && (await hasFolder(mixed, needed)) ? mixed.dir : undefined;
  const batched = provider !== 'cpu';
  const frozen = await createFrozenEncoder(encoder, {
    cacheDir,
    layers,
    provider,
    ...(unkeptDir === undefined ? {} : { unkeptDir }),
    precision: config.precision === 'mixed' ? 'float16' : 'float32',
    ...(batched ? {} : { batchSamples: 1 }),
    ...(config.cacheLimit > 0 ? { cacheLimit: config.cacheLimit * 1e9 } : {}),
    ...(config.threads > 0 ? { threads: config.threads } : {}),
  });
  return { frozen, cacheDir, needed, fits, batched };
}

/** Layers in the features of `layers`. */
export const depthOf = (layers: FrozenLayers, { layerCount }: Pick<Encoder, 'layerCount'>): number =>
  layers === 'all' ? layerCount + 1 : 1;
