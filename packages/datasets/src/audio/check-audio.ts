import type { Corpus } from '../corpus';
import { InputError, isInputError } from '@ser/files';
import { probeAudio } from './decode';
import { isEmptyAudio } from './empty-audio';

/** Files looked at at once. */
const parallel = 16;

/**
 * Looks at the header of every file of a corpus, which takes seconds, before a run that takes hours.
 *
 * @throws {InputError} listing every file that cannot be read, with what was expected of it.
 */
export async function checkAudio(corpus: Pick<Corpus, 'utterances'>): Promise<void> {
  const faults: string[] = [];
  const rest = corpus.utterances.values();
  const look = async (): Promise<void> => {
    for (const { audio, start, end } of rest) {
      try {
        await probeAudio(audio, { start, end });
      } catch (error) {
        if (!isInputError(error)) throw error;
        faults.push(error.message + (isEmptyAudio(error) ? '; --allow-incomplete leaves it out' : ''));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, look));
  if (faults.length === 0) return;
  const lines = faults.sort().map((fault) => `\n  ${fault}`);
  throw new InputError(`${faults.length} of ${corpus.utterances.length} audio files cannot be used:${lines.join('')}`);
}
