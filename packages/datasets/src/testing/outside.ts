import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A folder beside the repository that tests may read; `SER_SHARED` names another. */
export function sharedFolder(name: string): string {
  return path.join(process.env['SER_SHARED'] ?? path.resolve(__dirname, '../../../../../shared'), name);
}

/** Whether sox runs. */
export const hasSox = spawnSync('sox', ['--version']).status === 0;

/** Whether the real recordings are there. */
export const hasRavdess = existsSync(sharedFolder('data/ravdess-16k'));
