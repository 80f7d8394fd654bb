import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema';
import { InputError } from '@ser/files';

/**
 * Looks whether the folder of a pre-trained encoder is there, which takes no time; what is in it is checked when it is
 * loaded. A name like `owner/model` that is no folder is left to the hub.
 * @throws {InputError} naming the folder and what was expected.
 */
export async function checkEncoderFolder({ encoder, weights }: Pick<Config, 'encoder' | 'weights'>): Promise<void> {
  if (encoder === 'logmel' || weights === undefined) return;
  const expected = `expected the folder of a ${encoder} checkpoint, with config.json and weights`;
  if (!existsSync(weights)) {
    const { isHubId } = await import('@ser/frontend-wavlm');
    if (isHubId(weights)) return;
    throw new InputError(`--weights=${weights}: no such folder, ${expected}`);
  }
  if (!statSync(weights).isDirectory()) throw new InputError(`--weights=${weights}: not a folder, ${expected}`);
  if (!existsSync(join(weights, 'config.json'))) {
    throw new InputError(`--weights=${weights}: has no config.json, ${expected}`);
  }
}
