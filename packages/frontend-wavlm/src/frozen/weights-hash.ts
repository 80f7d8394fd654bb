import { createHash } from 'node:crypto';
import { configFiles } from '../encoders/config-files';
import type { Encoder } from '../encoders/encoder';

/**
 * The fingerprint of an encoder: SHA-256 (hexadecimal) over its configuration and its weights by name. Two folders that
 * hold the same numbers have one fingerprint, whatever format they are stored in.
 *
 * @param trained names of the parameters that are stored elsewhere, because they were trained (`trainableEntries`): they
 * are left out, so that what is left can be compared before and after the training
 */
export async function weightsHash(encoder: Encoder, trained?: Pick<ReadonlySet<string>, 'has'>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(configFiles(encoder.config)));
  for (const [name, variable] of [...encoder.parameters].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (trained?.has(name)) continue;
    const data = await variable.data();
    hash.update(`${name} [${variable.shape}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
