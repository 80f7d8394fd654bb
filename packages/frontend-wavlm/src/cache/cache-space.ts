import { statfs } from 'node:fs/promises';
import { makeFolder, withFileErrors } from '@ser/files';
import { withCacheErrors } from './cache-error';

/**
 * Bytes that are free where a cache lies. The folder is made when missing.
 * @throws {InputError} when that is not possible, naming SER_CACHE
 */
export const cacheSpace = (folder: string): Promise<number> =>
  withCacheErrors(() =>
    withFileErrors(folder, async () => {
      makeFolder(folder);
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    }),
  );
