/**
 * Something that the caller gave (a file, a folder, an option) is not what was expected. The message is one line that
 * names the thing and says what was expected. Every package has an error of this name; `isInputError` knows them all.
 */
export class InputError extends Error {
  override name = 'InputError';
}

/** Whether an error of any package means "the input is wrong" and not "the program is". */
export function isInputError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'InputError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error (`ENOENT`, `ENOSPC`, …), if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
