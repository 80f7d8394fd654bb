/** Something the caller gave (a file, a folder, an option) is not what was expected; the message is one clear line. */
export class InputError extends Error {
  override name = 'InputError';
}
