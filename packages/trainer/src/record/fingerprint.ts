import { createHash } from 'node:crypto';
import { InputError } from '@ser/files';
import { Type, type Static } from '@sinclair/typebox';
import { defaults, isKey } from '../config/schema';

/**
 * What a run was computed from, in a form that can be stored and compared. Hashes are SHA-256 in hexadecimal. It stands
 * in `config.json`, in every checkpoint, in `fold.json` and in model files, and all of one run have the same.
 */
export const FingerprintSchema = Type.Object({
  /** The classes, in the order of the model's outputs. */
  labels: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
  /** Over the ids of the utterances of each side of each fold. */
  utterances: Type.String(),
  /** Over ids and labels. */
  labelled: Type.String(),
  /** Over ids and speakers. */
  speakers: Type.String(),
  /** Over ids and the audio of each: the content of its file, and the part of it. */
  audio: Type.String(),
  /** Of the pre-trained encoder as it was before training. */
  weights: Type.Optional(Type.String()),
  /** Settings that decide what is computed. */
  settings: Type.Record(Type.String(), Type.Unknown()),
});

export type Fingerprint = Readonly<Static<typeof FingerprintSchema>>;

/** SHA-256 of plain data. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

const words = {
  utterances: 'other utterances in its folds',
  labelled: 'other labels of its utterances',
  speakers: 'other speakers of its utterances',
  audio: 'other audio under the same names',
  weights: 'other weights of the encoder',
} as const;

/** How two fingerprints differ, a phrase each; none when what they stand for is the same. */
function differences(before: Fingerprint, now: Fingerprint): string[] {
  const found: string[] = [];
  if (before.labels.join('\n') !== now.labels.join('\n'))
    found.push(`the classes ${before.labels.join(', ')} (now ${now.labels.join(', ')})`);
  for (const key of Object.keys(words).filter((key): key is keyof typeof words => key in words)) {
    if (before[key] !== now[key]) found.push(words[key]);
  }
  for (const key of new Set([...Object.keys(before.settings), ...Object.keys(now.settings)])) {
    // A setting that is younger than what is stored had its default's effect.
    const [old, present] = [before, now].map(({ settings }) =>
      JSON.stringify(settings[key] ?? (isKey(key) ? defaults[key] : undefined)),
    );
    if (old !== present) found.push(`${key} ${old ?? 'not set'} (now ${present ?? 'not set'})`);
  }
  return found;
}

/** Whether two things were made from the same. */
export function areSame(a: Fingerprint, b: Fingerprint): boolean {
  return differences(a, b).length === 0;
}

/** What is said of files that are older than fingerprints: they are taken as they are, and a reader should know. */
export const notProved =
  'older than fingerprints: whether data, labels and weights are still the same cannot be checked';

/**
 * Refuses what was made from something else.
 * @param what the file or folder
 * @param before what it was made from; undefined when it does not say, because it is older than fingerprints
 * @throws {InputError} that says what differs
 */
export function refuseOther(what: string, before: Fingerprint | undefined, now: Fingerprint): void {
  const found = before === undefined ? [] : differences(before, now);
  if (found.length === 0) return;
  throw new InputError(
    `${what} was made from ${found.join('; ')}. It stays as it is: choose another --name, or remove it`,
  );
}
