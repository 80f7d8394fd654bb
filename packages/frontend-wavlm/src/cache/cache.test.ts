import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '@ser/files';
import * as tf from '@tensorflow/tfjs';
import type { Encoder } from '../encoders/encoder';
import { createRandomEncoder } from '../encoders/build-encoder';
import { createFrozenEncoder, type FrozenOptions } from '../frozen/frozen-encoder';
import { seeded, testWave, tinyConfigs, withFolder } from '../testing/tiny';
import { withCacheErrors } from './cache-error';
import { openFeatureCache } from './feature-cache';

const random = seeded(4);
const waves = [900, 1000, 1100].map((length) => testWave(length, random));

let encoder: Encoder;
beforeAll(async () => {
  await tf.setBackend('cpu');
  encoder = createRandomEncoder(tinyConfigs.logmel, random);
});
afterAll(() => encoder.dispose());

/** Features of all waves, and how many were computed. */
async function extract(options: FrozenOptions) {
  const frozen = await createFrozenEncoder(encoder, { batchSamples: 1, ...options });
  try {
    const features = await frozen.extract(waves);
    return { values: features.map(({ data }) => [...data]), computed: frozen.counts.computed };
  } finally {
    await frozen.dispose();
  }
}

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();

const flipBit = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};

const cut = (path: string): void => truncateSync(path, Math.floor(statSync(path).size / 2));

const damages: [string, (path: string, other: string) => void][] = [
  ['cut off', cut],
  ['emptied', (path) => truncateSync(path, 0)],
  ['changed in its last bit', (path) => flipBit(path, -1)],
  ['changed in its header', (path) => flipBit(path, 12)],
  ['overwritten with text', (path) => writeFileSync(path, 'foreign')],
  ['overwritten with zeros', (path) => writeFileSync(path, new Uint8Array(statSync(path).size))],
  ['exchanged for another good one', (path, other) => copyFileSync(other, path)],
];

it.each(damages)('features of a file that was %s are computed again, and stored', async (_, damage) => {
  await withFolder(async (cacheDir) => {
    const { values } = await extract({ cacheDir });
    const [first = '', second = ''] = filesIn(join(cacheDir, 'features'), '.safetensors');
    damage(first, second);
    expect(await extract({ cacheDir })).toEqual({ values, computed: 1 });
    expect(await extract({ cacheDir })).toEqual({ values, computed: 0 });
  });
});

it.each(['.onnx', '.weights', '.json'])('a compiled encoder whose %s file was damaged is made anew', async (ending) => {
  await withFolder(async (cacheDir) => {
    const { values } = await extract({ cacheDir });
    for (const [, damage] of damages.slice(0, 6)) {
      const [file = ''] = filesIn(join(cacheDir, 'onnx'), ending);
      const good = readFileSync(file);
      damage(file, file);
      await rm(join(cacheDir, 'features'), { recursive: true });
      expect(await extract({ cacheDir })).toEqual({ values, computed: 3 });
      expect(readFileSync(file).equals(good)).toBe(true);
    }
  });
});

it('features of another layer or provider are not those in the cache', async () => {
  await withFolder(async (folder) => {
    const features = { shape: [1, 2], data: Float32Array.of(1, 2) };
    const wave = Float32Array.of(0.5);
    const cache = openFeatureCache(folder, 'cpu');
    await cache.write(wave, features);
    expect(await cache.read(wave, [1, 2])).toEqual(features);
    expect(await cache.read(wave, [2, 1])).toBeUndefined();
    expect(await openFeatureCache(folder, 'webgpu').read(wave, [1, 2])).toBeUndefined();
  });
});

it('a bounded cache removes what was not used for longest', async () => {
  await withFolder(async (folder) => {
    const cache = openFeatureCache(folder, 'x', 40_000);
    const shape = [1000];
    const wave = (i: number): Float32Array => Float32Array.of(i);
    const kept = async (i: number): Promise<boolean> => (await cache.read(wave(i), shape)) !== undefined;
    for (let i = 0; i < 9; i++) {
      await cache.write(wave(i), { shape, data: new Float32Array(1000) });
      await new Promise((resolve) => setTimeout(resolve, 15));
      expect(await kept(0)).toBe(true); // used again and again
    }
    await cache.write(wave(9), { shape, data: new Float32Array(1000) });
    const size = filesIn(folder, '.safetensors').reduce((sum, file) => sum + statSync(file).size, 0);
    expect(size).toBeLessThanOrEqual(40_000);
    expect([await kept(0), await kept(1), await kept(9)]).toEqual([true, false, true]);
  });
});

it('a cache that cannot be used is one line that names SER_CACHE', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const below = { name: 'InputError', message: expect.stringMatching(/^[^\n]*file\/x\/.*ENOTDIR.*SER_CACHE[^\n]*$/) };
    await expect(extract({ cacheDir: join(file, 'x') })).rejects.toMatchObject(below);
    // A folder where a file should be.
    const cacheDir = join(folder, 'cache');
    await extract({ cacheDir });
    const [first = ''] = filesIn(join(cacheDir, 'features'), '.safetensors');
    await rm(first);
    await mkdir(join(first, 'inside'), { recursive: true });
    const taken = {
      name: 'InputError',
      message: expect.stringMatching(/^[^\n]*\.safetensors: [^\n]*SER_CACHE[^\n]*$/),
    };
    await expect(extract({ cacheDir })).rejects.toMatchObject(taken);
  });
});

it('a full disk is such a line, too', async () => {
  const full = fileError(Object.assign(new Error('write'), { code: 'ENOSPC' }), '/cache/a');
  await expect(withCacheErrors(() => Promise.reject(full as Error))).rejects.toMatchObject({
    name: 'InputError',
    message: expect.stringMatching(/^\/cache\/a: no space is left on the disk .*SER_CACHE/),
  });
  const defect = new Error('a defect');
  await expect(withCacheErrors(() => Promise.reject(defect))).rejects.toBe(defect);
});
