import { join } from 'node:path';
import { isInputError, readJsonIfThere, takeLease, writeFileWhole } from '@ser/files';
import type { Encoder } from '../encoders/encoder';
import { exportEncoderWithData, type ExportEncoderOptions } from '../frozen/export-encoder';
import { withCacheErrors } from './cache-error';
import { checksumOf, checksumOfFile } from './checksum';

/**
 * An encoder as an ONNX model in a folder, with its weights in a file beside it. It is made where it is not there, and
 * made anew where a file is not what was written. One process makes it, the others wait.
 *
 * @param name of the files, without ending: it says what they hold
 * @returns the model's path
 * @throws {InputError} when the disk refuses, naming SER_CACHE
 */
export function compiledEncoder(
  encoder: Encoder,
  folder: string,
  name: string,
  options: ExportEncoderOptions,
): Promise<string> {
  const model = `${name}.onnx`;
  const weights = `${name}.weights`;
  const record = join(folder, `${name}.json`);
  return withCacheErrors(async () => {
    if (!(await isWhole(folder, record, [model, weights]))) {
      const lease = await takeLease(join(folder, `${name}.lock`), { purpose: 'compiles this encoder', wait: true });
      try {
        if (!(await isWhole(folder, record, [model, weights]))) {
          const exported = exportEncoderWithData(encoder, weights, options);
          await writeFileWhole(join(folder, weights), exported.data);
          await writeFileWhole(join(folder, model), exported.model);
          const checksums = { [model]: checksumOf(exported.model), [weights]: checksumOf(...exported.data) };
          await writeFileWhole(record, JSON.stringify(checksums));
        }
      } finally {
        lease.release();
      }
    }
    return join(folder, model);
  });
}

/** Whether every file has the checksum that was written down for it. */
async function isWhole(folder: string, record: string, files: readonly string[]): Promise<boolean> {
  const checksums = await readJsonIfThere(record).catch((error: unknown) => {
    if (isInputError(error)) return undefined;
    throw error;
  });
  if (typeof checksums !== 'object' || checksums === null) return false;
  const written = new Map<string, unknown>(Object.entries(checksums));
  for (const file of files) {
    const expected = written.get(file);
    if (typeof expected !== 'string' || (await checksumOfFile(join(folder, file))) !== expected) return false;
  }
  return true;
}
