import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { RawUtterance, Reading } from '../corpus';
import { InputError, readText } from '@ser/files';

const columns = ['id', 'audio', 'label', 'speaker', 'session', 'start', 'end', 'split'] as const;
type Column = (typeof columns)[number];
type Row = Partial<Record<Column, unknown>>;

/**
 * An own corpus: a JSON Lines (.jsonl) or CSV (.csv, with a header line) file with a row an utterance: `audio`, `label`,
 * `speaker`, and optionally `session`, `start` and `end` (seconds), `split` and `id`. Other columns are left alone.
 *
 * @param file The manifest.
 * @param audioRoot What relative audio paths are relative to; without it, the folder of the manifest.
 * @throws {InputError} listing every bad row at once.
 */
export async function readManifest(file: string, audioRoot: string = path.dirname(file)): Promise<Reading> {
  const text = await readText(file);
  const utterances = parseManifest(text, file).map((row) => ({ ...row, audio: path.resolve(audioRoot, row.audio) }));
  return { utterances, lookedFor: `rows of audio, label and speaker in ${file}`, notes: [] };
}

/** The rows of a manifest's text; `file` decides the format and names it in errors. */
export function parseManifest(text: string, file: string): RawUtterance[] {
  const faults: string[] = [];
  const utterances: RawUtterance[] = [];
  const ids = new Map<string, number>();
  for (const { line, row } of /\.jsonl?$|\.ndjson$/i.test(file) ? jsonRows(text, faults) : csvRows(text, file)) {
    const utterance = toUtterance(row, `${file}:${line}`, (fault) => faults.push(`line ${line}: ${fault}`));
    if (!utterance) continue;
    const before = ids.get(utterance.id);
    if (before !== undefined) faults.push(`line ${line}: utterance ${utterance.id} is in line ${before} already`);
    ids.set(utterance.id, line);
    utterances.push(utterance);
  }
  if (faults.length > 0) {
    const rest = faults.length > 20 ? `; and ${faults.length - 20} more` : '';
    throw new InputError(`${file}: ${faults.slice(0, 20).join('; ')}${rest}`);
  }
  return utterances;
}

function* jsonRows(text: string, faults: string[]): Generator<{ line: number; row: Row }> {
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      faults.push(`line ${i + 1}: not JSON`);
      continue;
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) faults.push(`line ${i + 1}: expected an object`);
    else yield { line: i + 1, row };
  }
}

function* csvRows(text: string, file: string): Generator<{ line: number; row: Row }> {
  let records: { info: { lines: number }; record: Record<string, string> }[];
  try {
    records = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true, info: true });
  } catch (error) {
    throw new InputError(`${file}: not CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
  const header = Object.keys(records[0]?.record ?? {});
  const lacking = ['audio', 'label', 'speaker'].filter((column) => !header.includes(column));
  if (records.length > 0 && lacking.length > 0) {
    throw new InputError(
      `${file}: no column ${lacking.join(', ')}; expected ${columns.join(', ')}; found ${header.join(', ')}`,
    );
  }
  for (const { info, record } of records) {
    yield { line: info.lines, row: Object.fromEntries(Object.entries(record).filter(([, value]) => value !== '')) };
  }
}

function toUtterance(row: Row, origin: string, fault: (text: string) => void): RawUtterance | undefined {
  let good = true;
  const complain = (text: string): undefined => {
    fault(text);
    good = false;
  };
  const text = (column: Column, needed: boolean): string | undefined => {
    const value = row[column];
    if (value === undefined || value === null) return needed ? complain(`no ${column}`) : undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value !== 'string' || value.trim() === '' || value.includes('\0')) {
      return complain(`${column} is ${JSON.stringify(value)}, expected text`);
    }
    return value.trim();
  };
  const seconds = (column: 'start' | 'end'): number | undefined => {
    const value = row[column];
    if (value === undefined || value === null) return undefined;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) {
      return complain(`${column} is ${JSON.stringify(value)}, expected seconds`);
    }
    return number;
  };
  const audio = text('audio', true) ?? '';
  const rawLabel = text('label', true) ?? '';
  const speaker = text('speaker', true) ?? '';
  const [session, split, id] = [text('session', false), text('split', false), text('id', false)];
  const [start, end] = [seconds('start'), seconds('end')];
  if (end !== undefined && end <= (start ?? 0)) complain(`end ${end} is not after start ${start ?? 0}`);
  if (!good) return undefined;
  const name = start === undefined && end === undefined ? audio : `${audio}#${start ?? 0}-${end ?? ''}`;
  return {
    id: id ?? name,
    audio,
    rawLabel,
    speaker,
    origin,
    ...(session !== undefined && { session }),
    ...(split !== undefined && { split }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  };
}
