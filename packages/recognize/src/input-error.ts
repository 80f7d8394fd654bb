/** Wrong input: the message is one line that names it and says what was expected. */
export class InputError extends Error {
  override name = 'InputError';
}
