import { isAbsolute, relative, resolve } from 'node:path';

/** A path as it is printed: short below the current folder, and whole elsewhere. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || isAbsolute(below) ? resolve(path) : below;
}
