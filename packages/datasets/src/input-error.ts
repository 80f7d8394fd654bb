/** Bad input: the message is one clear line that names the thing and what was expected. */
export class InputError extends Error {
  override name = 'InputError';
}
