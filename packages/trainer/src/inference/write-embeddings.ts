import { writeFileWhole } from '@ser/files';
import { stringify } from 'csv-stringify/sync';
import { InputError } from '@ser/files';
import { npyFile } from './npy';

/** The embedding of one recording. */
export interface Embedding {
  readonly file: string;
  readonly label: string;
  readonly values: Float32Array;
}

/** @throws {InputError} when embeddings cannot be written under this name */
export function checkEmbeddingFile(path: string): void {
  if (!/\.(npy|parquet)$/.test(path))
    throw new InputError(`--out=${path}: expected a name that ends in .npy or .parquet`);
}

/**
 * Writes embeddings: as `.npy` [recordings, features], with the rows' files and predicted labels in a `.csv` beside it;
 * or as `.parquet` with the columns `file`, `label` and `0` to the number of features.
 *
 * @returns the files written
 */
export async function writeEmbeddings(path: string, rows: readonly Embedding[]): Promise<string[]> {
  const size = rows[0]?.values.length ?? 0;
  if (path.endsWith('.npy')) {
    const names = path.replace(/npy$/, 'csv');
    await writeFileWhole(
      path,
      npyFile(
        rows.map(({ values }) => values),
        size,
      ),
    );
    await writeFileWhole(names, stringify([['file', 'label'], ...rows.map(({ file, label }) => [file, label])]));
    return [path, names];
  }
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = [
    { name: 'file', data: rows.map(({ file }) => file), type: 'STRING' as const },
    { name: 'label', data: rows.map(({ label }) => label), type: 'STRING' as const },
    ...Array.from({ length: size }, (_, i) => ({
      name: String(i),
      data: rows.map(({ values }) => values[i] ?? NaN),
      type: 'FLOAT' as const,
    })),
  ];
  await writeFileWhole(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  return [path];
}
