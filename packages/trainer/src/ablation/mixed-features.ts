import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError, messageOf, takeLease } from '@ser/files';
import type { Config } from '../config/schema';

/** Settings that decide what an encoder hears in training. Runs that share them mix, cut and encode in the same way. */
const heard = [
  'dataset',
  'dataDir',
  'trainOn',
  'where',
  'encoder',
  'weights',
  'tune',
  'layer',
  'trim',
  'trimDb',
  'maxSeconds',
  'crop',
  'batchSize',
  'lengthGroup',
  'buckets',
  'sampling',
  'mix',
  'mixProbability',
  'snrDb',
  'minMixSeconds',
  'seed',
] as const satisfies readonly (keyof Config)[];

/** Equal for runs whose encoder hears the same. */
function mixingOf(config: Config): string {
  const text = JSON.stringify(heard.map((key) => config[key] ?? null));
  return `${config.mix}-seed${config.seed}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/** Runs in the order of their first appearance, but those whose encoder hears the same one after the other. */
export function bySameMixing<Job>(jobs: readonly Job[], configOf: (job: Job) => Config): Job[] {
  const groups = new Map<string, Job[]>();
  for (const job of jobs) {
    const key = mixingOf(configOf(job));
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()].flat();
}

/** Folders for the features of mixed utterances, one at a time. */
export interface MixedFolders {
  /** The folder that a run shares with those that hear the same, and removes those of others; none when no run shares it. */
  folderFor(config: Config): Promise<string | undefined>;
  /** Removes all. */
  close(): Promise<void>;
}

/**
 * Keeps what several runs of an ablation compute in common. What a killed process left is used, or removed. One process at
 * a time has the folder; in a second one every run computes for itself.
 *
 * @param configs of all runs
 */
export async function openMixedFolders(
  folder: string,
  configs: readonly Config[],
  line: (text: string) => void,
): Promise<MixedFolders> {
  const lease = await takeLease(`${folder}.lock`, { purpose: 'runs this ablation' }).catch((error: unknown) => {
    if (isInputError(error)) return undefined;
    throw error;
  });
  const counts = new Map<string, number>();
  for (const key of configs.map(mixingOf)) counts.set(key, (counts.get(key) ?? 0) + 1);
  // A folder that stays costs room and nothing else.
  const remove = (path: string): Promise<void> =>
    rm(path, { recursive: true, force: true }).catch((error: unknown) => line(`${path} stays: ${messageOf(error)}`));
  return {
    async folderFor(config) {
      if (!lease) return undefined;
      const own = mixingOf(config);
      const there = await readdir(folder).catch(() => []);
      for (const name of there.filter((other) => other !== own)) await remove(join(folder, name));
      return (counts.get(own) ?? 0) > 1 ? join(folder, own) : undefined;
    },
    async close() {
      if (lease) await remove(folder);
      lease?.release();
    },
  };
}
