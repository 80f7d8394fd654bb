import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError } from '@ser/files';
import { openSafetensors } from '../checkpoints/safetensors';
import { writeSafetensors } from '../checkpoints/write-safetensors';
import type { Features } from '../frozen/features';
import { withCacheErrors } from './cache-error';
import { bytesOf, checksumOf } from './checksum';
import { keepBelow } from './keep-below';

/** Features on disk, one file for each waveform. */
export interface FeatureCache {
  /** What is there for a waveform; undefined when there is nothing, or something damaged or foreign. */
  read(wave: Float32Array, shape: readonly number[]): Promise<Features | undefined>;
  /** @throws {InputError} when the disk refuses, naming SER_CACHE */
  write(wave: Float32Array, features: Features): Promise<void>;
}

/**
 * A cache whose files are named by what made the features (`maker`: weights, layer, engine) and by the waveform. Every
 * file carries a checksum of its name and its content: one that was cut off, changed or put in another's place is not
 * read. Files appear whole, so several processes may share the folder.
 *
 * @param limit bytes; what was not used for longest is removed when there are more
 */
export function openFeatureCache(folder: string, maker: string, limit = Infinity): FeatureCache {
  const keyOf = (wave: Float32Array): string => checksumOf(maker, bytesOf(wave));
  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.safetensors`);
  let written = 0;
  return {
    read: async (wave, shape) => {
      const key = keyOf(wave);
      const features = await readFeatures(pathOf(key), key, shape);
      if (features && limit < Infinity) await markUsed(pathOf(key));
      return features;
    },
    write: async (wave, features) => {
      const key = keyOf(wave);
      await withCacheErrors(async () => {
        const { shape, data } = features;
        const metadata = { sha256: checksum(key, features) };
        // The checksum shows what a power cut leaves: waiting for the disk would cost more than a short waveform's features.
        await writeSafetensors(pathOf(key), [['features', { shape, data }]], metadata, { flush: false });
      });
      written += features.data.byteLength;
      // Looking through the folder takes a while: not after every file.
      if (written <= limit / 20) return;
      written = 0;
      await keepBelow(folder, limit);
    },
  };
}

async function readFeatures(path: string, key: string, shape: readonly number[]): Promise<Features | undefined> {
  try {
    const file = await openSafetensors(path);
    try {
      if (file.tensors.get('features')?.shape.join() !== shape.join()) return undefined;
      const features = { shape, data: await file.read('features') };
      return file.metadata['sha256'] === checksum(key, features) ? features : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isInputError(error)) return undefined;
    throw error;
  }
}

const checksum = (key: string, { shape, data }: Features): string => checksumOf(key, `[${shape}]`, bytesOf(data));

const markUsed = (path: string): Promise<void> => utimes(path, new Date(), new Date()).catch(() => undefined);
