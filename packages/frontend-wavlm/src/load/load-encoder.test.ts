import '@tensorflow/tfjs';
import { mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { testIf } from '../../../../tools/test-support/describe-if';
import { join } from 'node:path';
import { createRandomEncoder } from '../encoders/build-encoder';
import { inspectFolder, loadEncoder } from './load-encoder';
import { saveEncoder } from './save-encoder';
import { readSafetensors } from '../checkpoints/safetensors';
import { writeSafetensors, type StoredTensor } from '../checkpoints/write-safetensors';
import { largestDifference } from '../../../../tools/test-support/difference';
import { shared } from '../../../../tools/test-support/shared';
import { seeded, tinyConfigs, withFolder } from '../testing/tiny';

/** A saved tiny model whose tensors are changed before they are written again. */
async function changed(
  folder: string,
  name: keyof typeof tinyConfigs,
  change: (tensors: Map<string, StoredTensor>) => Map<string, StoredTensor>,
): Promise<Map<string, StoredTensor>> {
  const encoder = createRandomEncoder(tinyConfigs[name], seeded(1));
  await saveEncoder(encoder, folder);
  encoder.dispose();
  const path = join(folder, 'model.safetensors');
  const tensors: Map<string, StoredTensor> = await readSafetensors(path);
  await writeSafetensors(path, change(new Map(tensors)));
  return tensors;
}

const renamed = (tensors: Map<string, StoredTensor>, rename: (name: string) => string): Map<string, StoredTensor> =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

it.each([
  ['a prefix', 'wavlmLarge', (name: string) => `wavlm.${name}`],
  [
    'the other naming of weight norm',
    'hubertLarge',
    (name: string) =>
      name
        .replace('weight_g', 'parametrizations.weight.original0')
        .replace('weight_v', 'parametrizations.weight.original1'),
  ],
  ['no prefix where Whisper has one', 'whisper', (name: string) => name.replace('model.encoder.', '')],
] as const)('understands %s', async (_, name, rename) => {
  await withFolder(async (folder) => {
    const tensors = await changed(folder, name, (all) => {
      const other = renamed(all, rename);
      return other.set(name === 'wavlmLarge' ? 'classifier.weight' : 'model.decoder.x', {
        shape: [1],
        data: Float32Array.of(1),
      });
    });
    const encoder = await loadEncoder(folder);
    for (const [key, variable] of encoder.parameters) {
      expect(largestDifference(variable.dataSync(), tensors.get(key)?.data ?? [])).toBe(0);
    }
    expect((await inspectFolder(folder)).ignored).toHaveLength(1);
    encoder.dispose();
  });
});

it('lists missing, extra and misshapen tensors together', async () => {
  await withFolder(async (folder) => {
    await changed(folder, 'wavlmBase', (tensors) => {
      tensors.delete('encoder.layer_norm.bias');
      tensors.set('encoder.adapter.weight', { shape: [1], data: Float32Array.of(0) });
      return tensors.set('encoder.layer_norm.weight', { shape: [3], data: new Float32Array(3) });
    });
    await expect(loadEncoder(folder)).rejects.toThrow(
      `${join(folder, 'model.safetensors')}: does not fit its config.json; missing (1): encoder.layer_norm.bias; ` +
        'extra (1): encoder.adapter.weight; misshapen (1): encoder.layer_norm.weight [3] instead of [16]',
    );
  });
});

it('reads shards by their index, and says which is wrong', async () => {
  await withFolder(async (folder) => {
    const tensors = await changed(folder, 'hubertBase', (all) => all);
    await rename(join(folder, 'model.safetensors'), join(folder, 'whole'));
    const names = [...tensors.keys()];
    const half = Math.floor(names.length / 2);
    const part = (keys: string[]): [string, StoredTensor][] => [...tensors].filter(([name]) => keys.includes(name));
    await writeSafetensors(join(folder, 'model-1.safetensors'), part(names.slice(0, half)));
    await writeSafetensors(join(folder, 'model-2.safetensors'), part(names.slice(half)));
    const index = (map: (name: string, i: number) => string): Promise<void> =>
      writeFile(
        join(folder, 'model.safetensors.index.json'),
        JSON.stringify({ weight_map: Object.fromEntries(names.map((name, i) => [name, map(name, i)])) }),
      );
    await index((_, i) => (i < half ? 'model-1.safetensors' : 'model-2.safetensors'));
    const encoder = await loadEncoder(folder);
    expect(encoder.parameters.size).toBe(names.length);
    encoder.dispose();
    await index(() => 'model-1.safetensors');
    await expect(loadEncoder(folder)).rejects.toThrow('is in model-1.safetensors, which does not hold it');
    await index(() => 'model-3.safetensors');
    await expect(loadEncoder(folder)).rejects.toThrow('model-3.safetensors: no such file');
    await index(() => '../model-1.safetensors');
    await expect(loadEncoder(folder)).rejects.toThrow('which is no file name');
  });
});

it('names a folder, a file or a setting that is wrong', async () => {
  await withFolder(async (folder) => {
    await expect(loadEncoder(folder)).rejects.toThrow(`${folder}: has no config.json`);
    const config = join(folder, 'config.json');
    const write = async (change: Record<string, unknown>): Promise<void> => {
      await mkdir(folder, { recursive: true });
      const encoder = createRandomEncoder(tinyConfigs.wavlmBase, seeded(1));
      await saveEncoder(encoder, folder);
      encoder.dispose();
      await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), ...change }));
    };
    await write({ hidden_size: 'large' });
    await expect(loadEncoder(folder)).rejects.toThrow(
      `${config}: hidden_size must be a positive whole number, found "large"`,
    );
    await write({ num_attention_heads: 5 });
    await expect(loadEncoder(folder)).rejects.toThrow('num_attention_heads must be a divisor of 16, found 5');
    await write({ hidden_act: 'relu' });
    await expect(loadEncoder(folder)).rejects.toThrow('hidden_act must be gelu, found "relu"');
    await write({ add_adapter: true });
    await expect(loadEncoder(folder)).rejects.toThrow('add_adapter is not supported');
    await write({ conv_stride: [5, 2] });
    await expect(loadEncoder(folder)).rejects.toThrow('must have one length');
    await write({});
    await writeFile(join(folder, 'preprocessor_config.json'), '{}');
    await expect(loadEncoder(folder)).rejects.toThrow('must say do_normalize');
    await writeFile(config, '{');
    await expect(loadEncoder(folder)).rejects.toThrow(`${config}: not JSON`);
  });
});

const bin = shared('golden/wavlm-base-tiny/pytorch_model.bin');
testIf(bin !== undefined, 'a damaged torch file: no ../shared/golden')('refuses a damaged torch file', async () => {
  await withFolder(async (folder) => {
    const encoder = createRandomEncoder(tinyConfigs.wavlmBase, seeded(1));
    await saveEncoder(encoder, folder);
    encoder.dispose();
    const path = join(folder, 'pytorch_model.bin');
    const load = () => loadEncoder(folder, { weights: 'pytorch_model.bin' });
    await expect(load()).rejects.toThrow('pytorch_model.bin');
    await writeFile(path, 'no zip');
    await expect(load()).rejects.toThrow(`${path}: no torch zip checkpoint`);
    await writeFile(path, await readFile(bin ?? ''));
    await expect(load()).rejects.toThrow('misshapen');
    await truncate(path, 200_000);
    await expect(load()).rejects.toThrow(`${path}: no torch zip checkpoint`);
  });
});
