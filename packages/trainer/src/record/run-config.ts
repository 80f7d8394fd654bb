import { join } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { keys, type Config } from '../config/schema';
import { storedConfig } from '../config/stored';
import { readJsonIfThere } from './files';

/**
 * The settings of a run that exists, from its `config.json`; the folder itself says where it is.
 * @throws {InputError} when there is none or it does not fit the schema.
 */
export function readRunConfig(dir: string): ResolvedConfig {
  const path = join(dir, 'config.json');
  const stored = storedConfig(readJsonIfThere(path), path);
  const folder = join(dir).split('/').filter(Boolean);
  const name = folder.at(-1) ?? '';
  const config: Config = { ...stored, name, runs: join(dir, '..') };
  return { config, origins: Object.fromEntries(keys.map((key) => [key, path])) };
}
