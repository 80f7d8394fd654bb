import { InputError } from '@ser/files';

const mark = 'no samples';

/** The error of a file that is as its header says, but has no sample in it: the shortest there is, and not damaged. */
export const emptyAudio = (message: string): InputError => new InputError(message, { cause: mark });

/** Whether this is why a file cannot be read, with or without the name of the file in front. */
export function isEmptyAudio(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.cause === mark) return true;
  return false;
}
