import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where things are kept that can be made or fetched again: `SER_CACHE`, or `ser` in the user's cache folder
 * (`XDG_CACHE_HOME`, or `.cache` in the home folder).
 */
export function cacheFolder(): string {
  const own = process.env['SER_CACHE'];
  if (own) return resolve(own);
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ser');
}
