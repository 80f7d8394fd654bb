import { Type, type Static } from '@sinclair/typebox';

export const HeardSchema = Type.Object({
  /** The first six bytes of the SHA-256 of each audio file, ascending, in base64: eight letters a file. */
  audio: Type.String({ pattern: '^[A-Za-z0-9+/]*$' }),
  /** As the corpus names them. */
  speakers: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
});

/** What a model was trained on or chosen by: kept with it, so that it is not tested on the same. */
export type Heard = Readonly<Static<typeof HeardSchema>>;

const bytes = 6;

/** What can be compared of a SHA-256 in hexadecimal. */
const prefix = (sha256: string): string => sha256.slice(0, 2 * bytes);

/** @param hashes SHA-256 of audio files, in hexadecimal */
export function heardOf(hashes: Iterable<string>, speakers: Iterable<string>): Heard {
  const sorted = [...new Set([...hashes].map(prefix))].sort();
  return { audio: Buffer.from(sorted.join(''), 'hex').toString('base64'), speakers: [...new Set(speakers)].sort() };
}

/** Whether an audio file, by its SHA-256 in hexadecimal, is among those of any of the models. */
export function audioHeard(models: readonly Heard[]): (sha256: string) => boolean {
  const all = new Set<string>();
  for (const { audio } of models) {
    const hex = Buffer.from(audio, 'base64').toString('hex');
    for (let at = 0; at < hex.length; at += 2 * bytes) all.add(hex.slice(at, at + 2 * bytes));
  }
  return (sha256) => all.has(prefix(sha256));
}
