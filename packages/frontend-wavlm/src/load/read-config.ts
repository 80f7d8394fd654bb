import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@ser/files';
import type { EncoderConfig } from '../encoders/config';
import { parseConfig } from '../encoders/parse-config';
import { LIMITS } from '../limits';
import { readPlainJson } from '../plain-file';

/**
 * The model's shape, read from a folder's `config.json` and `preprocessor_config.json`.
 * @throws {InputError} naming the file and the value
 */
export async function readConfig(folder: string): Promise<EncoderConfig> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory()) {
    throw new InputError(`${folder}: no such folder; expected one with config.json and weights`);
  }
  const config = await readObject(join(folder, 'config.json'));
  if (!config) throw new InputError(`${folder}: has no config.json`);
  const preprocessor = await readObject(join(folder, 'preprocessor_config.json'));
  return parseConfig(config, preprocessor, join(folder, 'config.json'));
}

async function readObject(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const value = await readPlainJson(path, LIMITS.configBytes);
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${path}: expected a JSON object`);
  }
  return { ...value };
}
