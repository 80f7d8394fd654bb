import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { errorCode, InputError } from '@ser/files';
import type { Utterance } from './corpus';
import { refuseEndless } from './audio/file-kind';
import { type Fold, overlap } from './folds';

/** Files looked at at once. */
const parallel = 16;
/** Bytes looked at in three places of files of one size, before all of them are read. */
const glance = 16_384;

/**
 * Finds recordings that are there under several paths: links, and copies byte for byte. Files of one size are compared
 * in three places, and read whole only when these are equal, so that a corpus of thousands of files costs a second.
 *
 * @returns For every file with a copy, the first path of its copies. What cannot be read has none.
 */
export async function sameRecordings(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const sized = await groupsBy([...new Set(paths)].sort(), sizeOf);
  const alike = (await Promise.all(sized.map((group) => groupsBy(group, glanceAt)))).flat();
  const first = new Map<string, string>();
  for (const group of alike) {
    for (const copies of await groupsBy(group, digestOf)) {
      for (const file of copies) first.set(file, copies[0] ?? file);
    }
  }
  return first;
}

/**
 * Refuses folds in which one recording, or overlapping stretches of it, is on two sides under different paths. What has
 * the same path, `makeFold` refuses itself.
 *
 * @throws {InputError} naming the utterances.
 */
export async function assertNoSharedAudio(folds: readonly FoldSides[]): Promise<void> {
  const all = folds.flatMap(({ train, dev, test }) => [...train, ...dev, ...test]);
  const first = await sameRecordings(all.map((u) => u.audio));
  if (first.size > 0) refuseShared(folds, ({ audio }) => first.get(audio), overlap);
}

/**
 * Refuses folds in which two utterances on two sides have the same samples, in whatever files: a FLAC file of a WAV file,
 * or another header.
 *
 * @param digests of the samples of utterances, by id; of a silent utterance none
 * @throws {InputError} naming the utterances.
 */
export function assertNoSharedSamples(folds: readonly FoldSides[], digests: ReadonlyMap<string, string>): void {
  refuseShared(
    folds,
    ({ id }) => digests.get(id),
    () => true,
  );
}

/** What is compared of a fold. */
export type FoldSides = Pick<Fold, 'index' | 'name' | 'train' | 'dev' | 'test'>;

/** Refuses utterances on two sides that have the same key and are alike. */
function refuseShared(folds: readonly FoldSides[], keyOf: Key, areAlike: typeof overlap): void {
  for (const { index, name, train, dev, test } of folds) {
    const pairs = [
      ...sharedPairs(keyOf, areAlike, train, test).map((pair) => `${pair} (train and test)`),
      ...sharedPairs(keyOf, areAlike, train, dev).map((pair) => `${pair} (train and dev)`),
      ...sharedPairs(keyOf, areAlike, dev, test).map((pair) => `${pair} (dev and test)`),
    ];
    if (pairs.length === 0) continue;
    const rest = pairs.length > 5 ? ` and ${pairs.length - 5} more` : '';
    throw new InputError(
      `fold ${index} (${name}): the same audio on two sides: ${pairs.slice(0, 5).join(', ')}${rest}; expected none; ` +
        `\`exclude\` in the card leaves utterances out by id`,
    );
  }
}

type Key = (utterance: Utterance) => string | undefined;

function sharedPairs(keyOf: Key, areAlike: typeof overlap, a: readonly Utterance[], b: readonly Utterance[]): string[] {
  const byKey = new Map<string, Utterance[]>();
  for (const utterance of a) {
    const key = keyOf(utterance);
    if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), utterance]);
  }
  return b.flatMap((utterance) =>
    (byKey.get(keyOf(utterance) ?? '') ?? [])
      .filter((other) => areAlike(other, utterance))
      .map((other) => `${other.id} = ${utterance.id}`),
  );
}

/** The files that share a key with another one, a list for each key. */
async function groupsBy(
  files: readonly string[],
  key: (file: string) => Promise<string | undefined>,
): Promise<string[][]> {
  const groups = new Map<string, string[]>();
  const rest = files.values();
  const look = async (): Promise<void> => {
    for (const file of rest) {
      const found = await key(file).catch(unlessMissing);
      if (found !== undefined) groups.set(found, [...(groups.get(found) ?? []), file]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, files.length) }, look));
  return [...groups.values()].filter((group) => group.length > 1).map((group) => group.sort());
}

/** A file that is not there or cannot be read is named when it is to be decoded. */
function unlessMissing(error: unknown): undefined {
  if (errorCode(error) === undefined) throw error;
}

async function sizeOf(file: string): Promise<string | undefined> {
  const found = await stat(file);
  refuseEndless(found, `${file}: `);
  return found.isFile() && found.size > 0 ? String(found.size) : undefined;
}

async function glanceAt(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(glance);
    for (const at of [0, Math.floor(size / 2), Math.max(0, size - glance)]) {
      const { bytesRead } = await handle.read(buffer, 0, glance, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
