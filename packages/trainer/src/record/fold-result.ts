import { join } from 'node:path';
import { readJsonIfThere } from '@ser/files';
import { asFold, type FoldResult } from './run-files';

/** In place of a fold's number: the model that is trained on everything and tested on nothing. */
export const allDataIndex = 0;

/** A fold as settings and commands name it: its number, or `all-data`. */
export function foldKey(index: number): number | 'all-data' {
  return index === allDataIndex ? 'all-data' : index;
}

/** The folder of a fold in that of its run. */
export function foldFolder(dir: string, index: number): string {
  return join(dir, index === allDataIndex ? 'all-data' : `fold-${index}`);
}

/** What a fold is called in a line: `fold 3`, or `all data`. */
export function foldTitle(index: number): string {
  return index === allDataIndex ? 'all data' : `fold ${index}`;
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
