import { InputError } from '@ser/files';
import { renameFormer } from './former';
import { defaults, isKey, type Config } from './schema';
import { validate } from './validate';

/**
 * Settings that a run or a model was stored with: what is no setting (any more) is left out, what has come since takes
 * its default.
 * @param path where they come from, for the message
 * @throws {InputError} when they do not fit the schema.
 */
export function storedConfig(stored: unknown, path: string): Config {
  if (typeof stored !== 'object' || stored === null)
    throw new InputError(`${path}: expected the configuration of a run`);
  const known: Partial<Config> = Object.fromEntries(
    Object.entries(renameFormer({ ...stored }, path)).filter(([key]) => isKey(key)),
  );
  const [problem] = validate(known);
  if (problem) throw new InputError(`${path}: ${problem.path.join('.')} ${problem.message}`);
  return { ...defaults, ...known };
}
