import { createHash } from 'node:crypto';
import { configFiles } from '../encoders/config';
import type { Encoder } from '../encoders/encoder';

/** SHA-256 over an encoder's shape, preprocessing and every weight, by name. */
export async function weightsHash(encoder: Encoder): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(configFiles(encoder.config)));
  for (const [name, variable] of [...encoder.parameters].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const data = await variable.data();
    hash.update(`${name} [${variable.shape}]`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
