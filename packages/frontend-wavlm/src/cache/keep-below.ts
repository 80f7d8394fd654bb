import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes the files of a folder that were not written or used for longest, until less than nine tenths of `limit` bytes are left. */
export async function keepBelow(folder: string, limit: number): Promise<void> {
  const files: { path: string; size: number; used: number }[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const info = await stat(path).catch(() => undefined); // another process may have removed it
    if (info) files.push({ path, size: info.size, used: info.mtimeMs });
  }
  let total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= limit) return;
  for (const { path, size } of files.sort((a, b) => a.used - b.used)) {
    if (total <= 0.9 * limit) return;
    await rm(path, { force: true });
    total -= size;
  }
}
