import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from '@ser/files';
import { isHubId } from '@ser/frontend-wavlm';

/**
 * Where the pre-trained encoder of a model file is: where the caller says, or where the file says, a relative path from
 * the file on. A hub id that stands in a file is looked up among the downloads only: a file of somebody else must not
 * make this program reach out to a server.
 *
 * @throws {InputError} that names `--weights`, when there is nothing
 */
export function modelWeights(
  file: string,
  stored: string,
  given: string | undefined,
): { readonly weights: string; readonly offline: boolean } {
  if (given !== undefined) return { weights: given, offline: false };
  const besideModel = resolve(dirname(file), stored);
  if (existsSync(besideModel)) return { weights: besideModel, offline: true };
  if (existsSync(stored)) return { weights: stored, offline: true }; // files that were written before paths were absolute
  if (isHubId(stored)) return { weights: stored, offline: true };
  throw new InputError(
    `${file}: its pre-trained encoder was in ${stored}, which is not there: name its folder with --weights=DIR`,
  );
}
