import { errorCode, isInputError } from '@ser/files';

/**
 * What is wrong in a file, from the error of its reader. An error of the file system says nothing about the content: it
 * is thrown again, as a defect is.
 */
export function damageIn(error: unknown): string {
  if (isInputError(error) && errorCode(error.cause) === undefined) return error.message;
  throw error;
}
