import type { Stats } from 'node:fs';
import { InputError } from '@ser/files';

/**
 * Refuses what would make a reader wait for ever, or has no end: pipes, sockets and devices.
 *
 * @param before What the message begins with.
 * @throws {InputError} saying what it is.
 */
export function refuseEndless(stats: Stats, before = ''): void {
  if (stats.isFile() || stats.isDirectory()) return;
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw new InputError(`${before}${kind}, expected a file`);
}
