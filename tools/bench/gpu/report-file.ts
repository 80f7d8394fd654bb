import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readReport, type Report } from './report';
import { markdown } from './table';

const jsonFile = (folder: string): string => path.join(folder, 'gpu.json');

/** The report goes on where an earlier one of the same pack and card ended; another one is kept under another name. */
export function openReport(folder: string, empty: Report): Report {
  const file = jsonFile(folder);
  if (!existsSync(file)) return empty;
  const before = readOrNothing(file);
  const isSame =
    before?.tiny === empty.tiny &&
    JSON.stringify(before.pack) === JSON.stringify(empty.pack) &&
    before.machine['card'] === empty.machine['card'];
  if (isSame) return { ...before, machine: { ...before.machine, ...empty.machine } };
  copyFileSync(file, path.join(folder, 'gpu.before.json'));
  return empty;
}

function readOrNothing(file: string): Report | undefined {
  try {
    return readReport(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Writes gpu.json, never half of it, and its tables as gpu.md. */
export function writeReport(folder: string, report: Report): void {
  const file = jsonFile(folder);
  writeFileSync(`${file}.part`, `${JSON.stringify(report)}\n`);
  renameSync(`${file}.part`, file);
  writeFileSync(path.join(folder, 'gpu.md'), `${markdown(report)}\n`);
}
