import type { Config } from '../config/schema';

type Mixed = Pick<Config, 'mix' | 'seed' | 'encoder'>;

/** Names what two runs have in common whose utterances are mixed in the same way, so that a frozen encoder hears the same. */
export const mixingOf = ({ mix, seed, encoder }: Mixed): string => `${encoder}-${mix}-seed${seed}`;

/** Runs in the order of their first appearance, but those that mix in the same way one after the other. */
export function bySameMixing<Job>(jobs: readonly Job[], configOf: (job: Job) => Mixed): Job[] {
  const groups = new Map<string, Job[]>();
  for (const job of jobs) {
    const key = mixingOf(configOf(job));
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()].flat();
}
