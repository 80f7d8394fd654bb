import * as tf from '@tensorflow/tfjs';
import { createRandomEncoder } from '../encoders/build-encoder';
import { loadFolder } from '../load/load-encoder';
import { saveEncoder } from '../load/save-encoder';
import { seeded, tinyConfigs, withFolder } from '../testing/tiny';
import { trainableEntries } from '../training/trainable-parameters';
import { weightsHash } from './weights-hash';

it('is that of the weights and the configuration, wherever they lie', async () => {
  const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, seeded(3));
  const hash = await weightsHash(encoder);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  await withFolder(async (folder) => {
    await saveEncoder(encoder, folder);
    const loaded = await loadFolder(folder);
    expect(await weightsHash(loaded)).toBe(hash);
    loaded.dispose();
  });
  const other = createRandomEncoder({ ...tinyConfigs.wavlmLarge, epsilon: 1e-6 } as typeof encoder.config, seeded(3));
  expect(await weightsHash(other)).not.toBe(hash);
  other.dispose();
  encoder.dispose();
});

it('leaves out what was trained, and nothing else', async () => {
  const encoder = createRandomEncoder(tinyConfigs.wavlmLarge, seeded(3));
  const trained = trainableEntries(encoder, { top: 1 });
  const [all, rest] = [await weightsHash(encoder), await weightsHash(encoder, trained)];
  const shift = (name: string): void => {
    const variable = encoder.parameters.get(name);
    variable?.assign(tf.add(variable, 1));
  };
  shift([...trained.keys()][0] ?? '');
  expect(await weightsHash(encoder, trained)).toBe(rest);
  expect(await weightsHash(encoder)).not.toBe(all);
  shift('encoder.layers.0.layer_norm.bias');
  expect(await weightsHash(encoder, trained)).not.toBe(rest);
  encoder.dispose();
});
