import { join } from 'node:path';
import { readJsonIfThere } from '@ser/files';
import { asFold, type FoldResult } from './run-files';

/** The folder of a fold in that of its run. */
export function foldFolder(dir: string, index: number): string {
  return join(dir, `fold-${index}`);
}

/**
 * The result of a fold that is done, if it is.
 * @throws {InputError} when `fold.json` is damaged
 */
export async function finishedFold(dir: string): Promise<FoldResult | undefined> {
  const path = join(dir, 'fold.json');
  const json = await readJsonIfThere(path);
  return json === undefined ? undefined : asFold(json, path);
}
