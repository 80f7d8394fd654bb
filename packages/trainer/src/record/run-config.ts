import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError, readJsonIfThere, writeFileWhole } from '@ser/files';
import type { ResolvedConfig } from '../config/resolve';
import { keys, type Config } from '../config/schema';
import { storedConfig } from '../config/stored';

/** `config.json` of a run as it is stored; undefined when there is none. */
export async function storedRun(dir: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const path = join(dir, 'config.json');
  const json = await readJsonIfThere(path);
  if (json === undefined) return undefined;
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new InputError(`${path}: expected the configuration of a run`);
  return { ...json };
}

/**
 * The settings of a run that exists, from its `config.json`; the folder itself says where it is.
 * @throws {InputError} when there is none or it does not fit the schema.
 */
export async function readRunConfig(dir: string): Promise<ResolvedConfig> {
  const path = join(dir, 'config.json');
  const run = await storedRun(dir);
  const stored = storedConfig(run, path);
  const folder = resolve(dir);
  const config: Config = { ...stored, name: basename(folder), runs: dirname(folder) };
  const origins = new Map<string, unknown>(Object.entries(run?.['origins'] ?? {}));
  return { config, origins: Object.fromEntries(keys.map((key) => [key, String(origins.get(key) ?? path)])) };
}

/** What a run is, beside its settings. */
export interface RunFacts {
  readonly corpus: string;
  readonly labels: readonly string[];
  /** All there are. */
  readonly folds: readonly number[];
}

/** Writes `config.json`: settings with absolute paths, where each came from, and the facts. */
export async function writeRunConfig(
  dir: string,
  { config, origins }: ResolvedConfig,
  { corpus, labels, folds }: RunFacts,
): Promise<void> {
  const absolute = Object.fromEntries(
    (['dataDir', 'trainDir', 'testDir', 'weights'] as const).flatMap((key) => {
      const value = config[key];
      return value !== undefined && existsSync(value) ? [[key, resolve(value)]] : [];
    }),
  );
  const stored = { ...config, ...absolute, folds, foldCount: folds.length, corpus, labels, origins };
  await writeFileWhole(join(dir, 'config.json'), `${JSON.stringify(stored, null, 2)}\n`);
}
