import os from 'node:os';
import path from 'node:path';

/** Where things are kept that can be made or fetched again: `SER_CACHE`, or `ser` in the user's cache folder. */
export function cacheFolder(): string {
  if (process.env['SER_CACHE']) return path.resolve(process.env['SER_CACHE']);
  return path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ser');
}
