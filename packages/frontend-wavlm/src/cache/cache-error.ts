import { errorCode, InputError, isInputError, messageOf } from '@ser/files';

/**
 * Runs `use`; what the file system refuses becomes one line that says how another folder is chosen.
 * @throws {InputError}
 */
export async function withCacheErrors<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const isRefusal = isInputError(error) && errorCode(error.cause) !== undefined;
    if (!isRefusal) throw error;
    throw new InputError(`${messageOf(error)}: the cache cannot be used; set SER_CACHE to another folder`, {
      cause: error.cause,
    });
  }
}
