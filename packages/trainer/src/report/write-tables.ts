import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileErrors, writeFileWhole } from '@ser/files';
import type { TableData } from './table-data';
import { tableCsv, tableLatex } from './table-files';

/**
 * Writes every table as `tables/NAME.csv` and `tables/NAME.tex` into the folder of a report. Files of tables that a
 * report has no more are removed, so that none is left with old numbers.
 */
export async function writeTables(dir: string, tables: readonly TableData[]): Promise<void> {
  const folder = join(dir, 'tables');
  const files = new Map<string, string>();
  const taken = new Set<string>();
  for (const table of tables) {
    const name = freeName(table.name, taken);
    files.set(`${name}.csv`, tableCsv(table));
    files.set(`${name}.tex`, tableLatex(table));
  }
  await withFileErrors(folder, async () => {
    await mkdir(folder, { recursive: true });
    const old = (await readdir(folder)).filter((name) => /\.(csv|tex)$/.test(name) && !files.has(name));
    for (const name of old) await rm(join(folder, name), { force: true });
  });
  for (const [name, text] of files) await writeFileWhole(join(folder, name), text);
}

/** A name that no table before has, on disks without case too: columns of a corpus may differ in less than names of files. */
function freeName(name: string, taken: Set<string>): string {
  const wanted = name.slice(0, 80);
  let free = wanted;
  for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${wanted}-${count}`;
  taken.add(free.toLowerCase());
  return free;
}
