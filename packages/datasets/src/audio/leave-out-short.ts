import { isInputError } from '@ser/files';
import type { Corpus, Utterance } from '../corpus';
import { probeAudio, spanSeconds } from './decode';
import { isEmptyAudio } from './empty-audio';

/** What one frame of most encoders needs, in seconds: 400 samples at 16 kHz. */
export const shortestSeconds = 0.025;

/** Files looked at at once. */
const parallel = 16;

/**
 * A corpus without the utterances that are too short, which a note lists. Only headers are looked at; what cannot be read
 * stays, to be named when it is decoded.
 *
 * @param seconds The shortest that the encoder takes.
 */
export async function leaveOutShort(corpus: Corpus, seconds: number = shortestSeconds): Promise<Corpus> {
  const short = new Set<string>();
  const rest = corpus.utterances.values();
  const look = async (): Promise<void> => {
    for (const utterance of rest) if (await isShorter(utterance, seconds)) short.add(utterance.id);
  };
  await Promise.all(Array.from({ length: parallel }, look));
  if (short.size === 0) return corpus;
  const listed = [...short].sort().slice(0, 5).join(', ') + (short.size > 5 ? ` and ${short.size - 5} more` : '');
  return {
    ...corpus,
    utterances: corpus.utterances.filter(({ id }) => !short.has(id)),
    notes: [
      ...corpus.notes,
      `${short.size} utterance${short.size === 1 ? '' : 's'} below ${Math.round(10_000 * seconds) / 10} ms ` +
        `${short.size === 1 ? 'is' : 'are'} left out: ${listed}`,
    ],
  };
}

async function isShorter({ audio, start, end }: Utterance, seconds: number): Promise<boolean> {
  try {
    const length = spanSeconds(await probeAudio(audio, { start, end }), { start, end });
    return length !== undefined && length < seconds;
  } catch (error) {
    if (isInputError(error)) return isEmptyAudio(error);
    throw error;
  }
}
