import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isInputError, readJsonIfThere, writeFileWhole, type Source } from '@ser/files';

/** What was downloaded: name → size and checksum. */
export type PulledFiles = Map<string, Pick<Source, 'name' | 'bytes' | 'checksum'>>;

interface Stored {
  readonly bytes: number;
  readonly checksum: Source['checksum'];
  /** When the file was written last; another time means that its checksum must be looked at again. */
  readonly modified: number;
}

const recordOf = (folder: string): string => join(folder, '.complete.json');

/** Writes down that a model is there as a whole. */
export async function writePulled(folder: string, files: PulledFiles): Promise<void> {
  const stored: Record<string, Stored> = {};
  for (const [name, { bytes, checksum }] of files) {
    stored[name] = { bytes, checksum, modified: (await stat(join(folder, name))).mtimeMs };
  }
  await writeFileWhole(recordOf(folder), JSON.stringify({ files: stored }));
}

export async function readPulled(folder: string): Promise<PulledFiles | undefined> {
  const stored = await readStored(folder);
  return stored && new Map(stored.map(([name, { bytes, checksum }]) => [name, { name, bytes, checksum }]));
}

/** Whether every file is there as it was written, by size and time. */
export async function isUntouched(folder: string): Promise<boolean> {
  const stored = await readStored(folder);
  if (!stored) return false;
  for (const [name, { bytes, modified }] of stored) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info?.size !== bytes || info.mtimeMs !== modified) return false;
  }
  return true;
}

/** What was written down; undefined when there is nothing, or nothing that makes sense. */
async function readStored(folder: string): Promise<[string, Stored][] | undefined> {
  const record = await readJsonIfThere(recordOf(folder)).catch((error: unknown) => {
    if (isInputError(error)) return undefined;
    throw error;
  });
  if (typeof record !== 'object' || record === null || !('files' in record)) return undefined;
  const { files } = record;
  if (typeof files !== 'object' || files === null) return undefined;
  const entries = Object.entries(files);
  return entries.length > 0 && entries.every(isEntry) ? entries : undefined;
}

const isEntry = (entry: [string, unknown]): entry is [string, Stored] => {
  const [name, value] = entry;
  if (/[/\\]/.test(name) || typeof value !== 'object' || value === null) return false;
  if (!('bytes' in value && 'checksum' in value && 'modified' in value)) return false;
  const { bytes, checksum, modified } = value;
  if (typeof bytes !== 'number' || typeof modified !== 'number') return false;
  if (typeof checksum !== 'object' || checksum === null || !('algorithm' in checksum && 'value' in checksum))
    return false;
  return (checksum.algorithm === 'sha256' || checksum.algorithm === 'sha1') && typeof checksum.value === 'string';
};
