import { InputError } from '@ser/files';
import type { Config } from './schema';

/** Names that settings had before, and have in runs, files and scripts of that time. */
export const formerNames: Readonly<Record<string, keyof Config>> = {
  validation: 'validationGroups',
  normalize: 'normalizeFrames',
  average: 'emaDecay',
};

/**
 * Settings under the names of today.
 * @param where the file or command, for the message
 * @throws {InputError} when a setting is given under its former and its present name
 */
export function renameFormer(settings: Readonly<Record<string, unknown>>, where: string): Record<string, unknown> {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    const name = Object.hasOwn(formerNames, key) ? formerNames[key] : undefined;
    if (name !== undefined && settings[name] !== undefined)
      throw new InputError(`${where}: ${key} is the former name of ${name}; give one of them`);
    renamed[name ?? key] = value;
  }
  return renamed;
}

/** The name that a setting had first. */
export function firstName(key: string): string {
  return Object.entries(formerNames).find(([, name]) => name === key)?.[0] ?? key;
}
