import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Utterance } from '@ser/datasets';
import { weightsHash, type Encoder } from '@ser/frontend-wavlm';
import { freeKeys } from '../config/resolve';
import { keys, type Config } from '../config/schema';
import { hashOf, type Fingerprint } from '../record/fingerprint';
import type { OpenedData } from './corpus';

/** SHA-256 of audio files in hexadecimal, by path. */
export type AudioHashes = ReadonlyMap<string, string>;

/** The utterances of all folds, each once, by id. */
export function utterancesOf(splits: OpenedData['splits']): Utterance[] {
  const all = splits.flatMap(({ fold, validation }) => [...fold.train, ...validation, ...fold.test]);
  return [...new Map(all.map((utterance) => [utterance.id, utterance])).values()].sort(byId);
}

/** The fingerprint of a run: data, encoder and settings as they are now. */
export async function fingerprintOf(
  config: Config,
  { labels, splits }: Pick<OpenedData, 'labels' | 'splits'>,
  encoder: Encoder,
  audio: AudioHashes,
): Promise<Fingerprint> {
  const utterances = utterancesOf(splits);
  return {
    labels,
    utterances: hashOf(
      splits.map(({ fold, validation }) => [fold.index, ...[fold.train, validation, fold.test].map(sortedIds)]),
    ),
    ...dataHashes(utterances, audio),
    ...(config.encoder === 'logmel' ? {} : { weights: await weightsHash(encoder) }),
    settings: Object.fromEntries(
      keys.filter((key) => !freeKeys.includes(key) && config[key] !== undefined).map((key) => [key, config[key]]),
    ),
  };
}

/** Of what is known of utterances, in the given order. */
export function dataHashes(
  utterances: readonly Utterance[],
  audio: AudioHashes,
): Pick<Fingerprint, 'labelled' | 'speakers' | 'audio'> {
  return {
    labelled: hashOf(utterances.map(({ id, label, distribution }) => [id, label, distribution])),
    speakers: hashOf(utterances.map(({ id, speaker }) => [id, speaker])),
    audio: hashOf(utterances.map(({ id, audio: path, start, end }) => [id, audio.get(path), start, end])),
  };
}

const byId = (a: Utterance, b: Utterance): number => (a.id < b.id ? -1 : 1);
const sortedIds = (list: readonly Utterance[]): string[] => list.map(({ id }) => id).sort();

/** SHA-256 of each file; of one that cannot be read, nothing: whoever decodes it says what is wrong. */
export async function audioHashes(utterances: readonly Pick<Utterance, 'audio'>[]): Promise<AudioHashes> {
  const paths = [...new Set(utterances.map(({ audio }) => audio))];
  const hashes = new Map<string, string>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      const hash = await fileHash(path).catch(() => undefined);
      if (hash !== undefined) hashes.set(path, hash);
    }
  };
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
  return hashes;
}

/** SHA-256 of a file in hexadecimal. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
