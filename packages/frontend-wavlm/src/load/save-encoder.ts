import { join } from 'node:path';
import { writeFileWhole } from '@ser/files';
import { writeSafetensors, type StoredTensor } from '../checkpoints/write-safetensors';
import { configFiles } from '../encoders/config-files';
import type { Encoder } from '../encoders/encoder';

/**
 * Writes an encoder as a folder that `loadEncoder` (and Hugging Face's libraries) read. The weights come last.
 *
 * @param metadata strings for the header of the safetensors file
 * @throws {InputError} when the file system refuses
 */
export async function saveEncoder(
  encoder: Encoder,
  folder: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { config, preprocessor } = configFiles(encoder.config);
  await writeJson(join(folder, 'config.json'), config);
  await writeJson(join(folder, 'preprocessor_config.json'), preprocessor);
  const tensors: [string, StoredTensor][] = [];
  for (const [name, variable] of encoder.parameters) {
    tensors.push([name, { shape: variable.shape, data: await variable.data<'float32'>() }]);
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt', ...metadata });
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFileWhole(path, `${JSON.stringify(value, null, 2)}\n`);
