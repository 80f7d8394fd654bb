import { join } from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { defaults } from '../config/defaults';
import { keys, type Config } from '../config/schema';
import { validate } from '../config/validate';
import { InputError } from '../errors';
import { readJsonIfThere } from './files';

/**
 * The settings of a run that exists, from its `config.json`; the folder itself says where it is.
 * @throws {InputError} when there is none or it does not fit the schema.
 */
export function readRunConfig(dir: string): ResolvedConfig {
  const path = join(dir, 'config.json');
  const stored = readJsonIfThere(path);
  if (typeof stored !== 'object' || stored === null)
    throw new InputError(`${path}: expected the configuration of a run`);
  const known = Object.fromEntries(Object.entries(stored).filter(([key]) => (keys as string[]).includes(key)));
  const [problem] = validate(known);
  if (problem) throw new InputError(`${path}: ${problem.path.join('.')} ${problem.message}`);
  const folder = join(dir).split('/').filter(Boolean);
  const name = folder.at(-1) ?? '';
  const config: Config = { ...defaults, ...(known as Partial<Config>), name, runs: join(dir, '..') };
  return { config, origins: Object.fromEntries(keys.map((key) => [key, path])) };
}
