import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError, readJsonIfThere, readTextIfThere, writeFileWhole } from '@ser/files';
import type { ResolvedConfig } from '../config/resolve';
import { keys, type Config } from '../config/schema';
import { storedConfig } from '../config/stored';
import type { Fingerprint } from './fingerprint';
import { asFingerprint } from './run-files';

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
 * What a run was made from; undefined when it does not say.
 * @throws {InputError} when its `config.json` is damaged
 */
export function runFingerprint(run: Readonly<Record<string, unknown>>, dir: string): Fingerprint | undefined {
  const stored = run['fingerprint'];
  return stored === undefined ? undefined : asFingerprint(stored, join(dir, 'config.json'));
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
  readonly fingerprint: Fingerprint;
}

/** Settings whose folders are named from the root of the disk, so that they are found from anywhere. */
export function absolutePaths(config: Config): Config {
  const absolute = (['dataDir', 'trainDir', 'testDir', 'weights'] as const).flatMap((key) => {
    const value = config[key];
    return value !== undefined && existsSync(value) ? [[key, resolve(value)] as const] : [];
  });
  return { ...config, ...Object.fromEntries(absolute) };
}

/** Writes `config.json`: settings with absolute paths, where each came from, and the facts. */
export async function writeRunConfig(
  dir: string,
  { config, origins }: ResolvedConfig,
  { corpus, labels, folds, fingerprint }: RunFacts,
): Promise<void> {
  const stored = { ...absolutePaths(config), folds, foldCount: folds.length, corpus, labels, origins, fingerprint };
  const text = `${JSON.stringify(stored, null, 2)}\n`;
  const path = join(dir, 'config.json');
  if ((await readTextIfThere(path)) !== text) await writeFileWhole(path, text);
}
