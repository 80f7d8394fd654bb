import { stat } from 'node:fs/promises';
import type { Encoder } from '../encoders/encoder';
import { isHubId, pullEncoder, type PullOptions } from './hub';
import { InputError } from '../input-error';
import { loadFolder, type LoadFolderOptions } from './load-folder';

/**
 * Loads an encoder: from a folder with `config.json`, `preprocessor_config.json` and weights, or by its hub id, which
 * is downloaded once (see `pullEncoder`). What it is follows from those files, not from its name.
 *
 * @param source folder or hub id; a folder of that name goes first
 * @throws InputError naming what is missing or wrong
 */
export async function loadEncoder(source: string, options: LoadFolderOptions & PullOptions = {}): Promise<Encoder> {
  const info = await stat(source).catch(() => undefined);
  if (info) return loadFolder(source, options);
  if (!isHubId(source)) throw new InputError(`${source}: no such folder, and no hub id such as microsoft/wavlm-large`);
  return loadFolder(await pullEncoder(source, options), options);
}
