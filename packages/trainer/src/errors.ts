/** Bad input from the person who runs the program: the command line prints its one line and exits with code 2. */
export class InputError extends Error {
  override name = 'InputError';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for errors of any package that mean "the input is wrong" rather than "the program is". */
export function isInputError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'InputError';
}

/** The `code` of a system error (`ENOENT`, `ENOSPC`, …), if it has one. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
