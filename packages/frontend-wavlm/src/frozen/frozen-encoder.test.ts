import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { batchWaves } from '../encoders/batch';
import { createRandomEncoder } from '../encoders/build-encoder';
import { createFrozenEncoder } from './frozen-encoder';
import { lengthBatches } from './length-batches';
import { InputError } from '@ser/files';
import { largestDifference } from '../../../../tools/test-support/difference';
import { seeded, testWave, tinyConfigs, withFolder } from '../testing/tiny';

const names = Object.keys(tinyConfigs) as (keyof typeof tinyConfigs)[];

it.each(names)(
  '%s: one exported model gives every length the frames of tfjs; a second run reads them',
  async (name) => {
    const random = seeded(2);
    const encoder = createRandomEncoder(tinyConfigs[name], random);
    const waves = [1500, 2200, 2100, 1500, 640].map((length) => testWave(length, random));
    await withFolder(async (cacheDir) => {
      const layers = name === 'logmel' ? 'last' : 'all';
      const frozen = await createFrozenEncoder(encoder, { cacheDir, layers });
      const features = await frozen.extract(waves);
      expect(frozen.counts).toEqual({ cached: 0, computed: waves.length });
      waves.forEach((wave, i) => {
        tf.tidy(() => {
          const expected = encoder.apply(batchWaves(encoder, [wave]), { layers: true });
          const reference = layers === 'all' ? tf.concat(expected.layers ?? []) : expected.frames.squeeze([0]);
          expect(features[i]?.shape).toEqual(reference.shape);
          expect(largestDifference(features[i]?.data ?? [], reference.dataSync())).toBeLessThan(1e-4);
        });
      });
      await frozen.dispose();

      const again = await createFrozenEncoder(encoder, { cacheDir, layers });
      const read = await again.extract(waves);
      expect(again.counts).toEqual({ cached: waves.length, computed: 0 });
      read.forEach((one, i) => expect(largestDifference(one.data, features[i]?.data ?? [])).toBe(0));
      await again.dispose();
    });
    encoder.dispose();
  },
);

it('what is not kept goes to the folder of its caller, if there is one, and to no other', async () => {
  const random = seeded(6);
  const encoder = createRandomEncoder(tinyConfigs.logmel, random);
  const [kept, unkept] = [testWave(900, random), testWave(950, random)];
  await withFolder(async (cacheDir) => {
    const unkeptDir = join(cacheDir, 'mixed');
    const count = async (options: { unkeptDir?: string }): Promise<number> => {
      const frozen = await createFrozenEncoder(encoder, { cacheDir, ...options });
      await frozen.extract([kept, unkept], { keep: [true, false] });
      await frozen.dispose();
      return frozen.counts.computed;
    };
    expect(await count({})).toBe(2);
    expect(await count({})).toBe(1);
    expect(await count({ unkeptDir })).toBe(1);
    expect(await count({ unkeptDir })).toBe(0);
    expect(await count({})).toBe(1);
  });
  encoder.dispose();
});

it('other weights, other audio and damaged files are computed, not read', async () => {
  const random = seeded(4);
  const encoder = createRandomEncoder(tinyConfigs.logmel, random);
  const wave = testWave(900, random);
  await withFolder(async (cacheDir) => {
    const count = async (audio: Float32Array): Promise<number> => {
      const frozen = await createFrozenEncoder(encoder, { cacheDir });
      await frozen.extract([audio]);
      await frozen.dispose();
      return frozen.counts.computed;
    };
    expect(await count(wave)).toBe(1);
    expect(await count(wave)).toBe(0);
    expect(await count(wave.map((x) => x * 1.0001))).toBe(1);
    const files = (await readdir(join(cacheDir, 'features'), { recursive: true })).filter((file) =>
      file.endsWith('.safetensors'),
    );
    expect(files).toHaveLength(2);
    for (const file of files) await writeFile(join(cacheDir, 'features', file), 'cut');
    expect(await count(wave)).toBe(1);
    const bias = encoder.parameters.get('conv1.bias');
    bias?.assign(tf.fill(bias.shape, 0.5));
    expect(await count(wave)).toBe(1);
    await expect(count(new Float32Array(100))).rejects.toThrow(InputError);
  });
  encoder.dispose();
});

it('processes that share a cache, one of them started late, get the same features and leave no half file', async () => {
  await withFolder(async (cacheDir) => {
    const program = join(__dirname, '../testing/extract.ts');
    const args = ['--conditions=@ser/source', '--import', 'tsx', program, cacheDir];
    const extract = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const last = stdout.trim().split('\n').at(-1) ?? '';
      return JSON.parse(last) as { cached: number; computed: number; digest: string };
    };
    const together = await Promise.all([extract(), extract(), extract()]);
    const late = await extract();
    for (const { cached, computed } of together) expect(cached + computed).toBe(40);
    expect(late).toMatchObject({ cached: 40, computed: 0 });
    expect(new Set([...together, late].map(({ digest }) => digest)).size).toBe(1);
    const files = (await readdir(cacheDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.filter(({ name }) => name.includes('part'))).toEqual([]);
    expect(files).toHaveLength(40 + 3); // the model, its weights and their checksums
  });
}, 120_000);

it('batches similar lengths, or equal ones', () => {
  const lengths = [100, 90, 40, 100, 39, 80];
  const at = (i: number): number => lengths[i] ?? 0;
  expect(lengthBatches([0, 1, 2, 3, 4, 5], at, 1000, false)).toEqual([
    [0, 3, 1, 5],
    [2, 4],
  ]);
  expect(lengthBatches([0, 1, 2, 3, 4, 5], at, 200, false)).toEqual([
    [0, 3],
    [1, 5],
    [2, 4],
  ]);
  expect(lengthBatches([0, 1, 2, 3, 4, 5], at, 1000, true)).toEqual([[0, 3], [1], [5], [2], [4]]);
});
