import { errorCode, InputError, isInputError } from './input-error';

/** What a system error says about a file, for the person who chose its path. */
const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the disk allows',
  EACCES: 'no right to read or write there',
  EPERM: 'no right to read or write there',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of this path is a file, expected a folder',
  EISDIR: 'this is a folder, expected a file',
  EEXIST: 'something of this name is there already',
  ENOTEMPTY: 'a folder of this name is there already and not empty',
  ENOENT: 'no such file or folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the links in this path lead in a circle',
  EINVAL: 'the system does not accept this name',
  EBUSY: 'something else is using it',
  ETXTBSY: 'something else is using it',
  EMFILE: 'too many files are open (see `ulimit -n`)',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the disk reports a fault',
  ESTALE: 'the network disk has lost this file',
  ETIMEDOUT: 'the network disk does not answer',
};

/**
 * A system error about a file, in words: an `InputError` that names the path. Any other error comes back unchanged, so
 * that a defect stays a defect: `catch (error) { throw fileError(error, path); }`.
 */
export function fileError(error: unknown, path: string): unknown {
  if (isInputError(error)) return error;
  const code = errorCode(error);
  const meaning = code === undefined ? undefined : meanings[code];
  return meaning === undefined ? error : new InputError(`${path}: ${meaning} (${code})`, { cause: error });
}

/** Runs `use`; what the file system refuses becomes one line about `path`. */
export async function withFileErrors<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The same for code that does not wait. */
export function withFileErrorsSync<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw fileError(error, path);
  }
}
