import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What can be carried to a machine with a GPU, which often has no network. */
export const mostBytes = 60e6;

/**
 * @returns the sizes of a folder's files, in one line
 * @throws Error when they are more than `most` together
 */
export function checkSize(folder: string, most = mostBytes): string {
  const files = readdirSync(folder).map((name) => ({ name, bytes: statSync(path.join(folder, name)).size }));
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const line = `${megabytes(total)} MB (${files.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ')})`;
  if (total > most) throw new Error(`${folder} has ${line}: more than ${megabytes(most)} MB`);
  return `${folder}: ${line}`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
