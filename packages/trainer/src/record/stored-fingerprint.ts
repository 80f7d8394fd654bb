import { parseJson } from '@ser/files';
import type { Fingerprint } from './fingerprint';
import { asFingerprint } from './run-files';

/**
 * The fingerprint in the metadata of a checkpoint or a model file; undefined in files that are older than fingerprints.
 * @throws {InputError} when it is not one
 */
export function storedFingerprint(metadata: Readonly<Record<string, string>>, path: string): Fingerprint | undefined {
  const text = metadata['fingerprint'];
  return text === undefined ? undefined : asFingerprint(parseJson(text, path), path);
}
