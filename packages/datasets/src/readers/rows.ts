import { InputError, messageOf, parseJson } from '@ser/files';
import { parse } from 'csv-parse/sync';
import { nameForm } from '../names';

/** A row of a table: its cells by column, empty ones left out. */
export interface Row {
  readonly line: number;
  readonly cells: ReadonlyMap<string, unknown>;
}

/** A table: its columns in the order of the first row or header, and its rows. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/**
 * The rows of a table's text; the file's name decides the format: JSON Lines (.jsonl, .ndjson), JSON (.json: a list of
 * objects, or an object of objects by id, which becomes the column `id`), or else CSV with a header line, its cells
 * divided by comma, semicolon or tab.
 *
 * @throws {InputError} listing every row that is none.
 */
export function parseTable(text: string, file: string): Table {
  if (/\.(jsonl|ndjson)$/i.test(file)) return jsonLines(text, file);
  if (/\.json$/i.test(file)) return jsonTable(text, file);
  return csvTable(text, file);
}

/** Faults of many rows in one line. */
export function rowFaults(file: string, faults: readonly string[]): InputError {
  const rest = faults.length > 20 ? `; and ${faults.length - 20} more` : '';
  return new InputError(`${file}: ${faults.slice(0, 20).join('; ')}${rest}`);
}

function jsonLines(text: string, file: string): Table {
  const faults: string[] = [];
  const rows: Row[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const row = jsonRow(line, `line ${i + 1}`, faults);
    if (row) rows.push({ line: i + 1, cells: cellsOf(row) });
  }
  if (faults.length > 0) throw rowFaults(file, faults);
  return { columns: columnsOf(rows), rows };
}

function jsonRow(text: string, where: string, faults: string[]): object | undefined {
  try {
    const value = parseJson(text, where);
    if (isObject(value)) return value;
    faults.push(`${where}: expected an object`);
  } catch (error) {
    faults.push(messageOf(error).replace(/: Unexpected.*|: Expected.*/, ''));
  }
  return undefined;
}

function jsonTable(text: string, file: string): Table {
  const value = parseJson(text, file);
  if (!Array.isArray(value) && !isObject(value)) {
    throw new InputError(`${file}: expected a list of objects, or an object of objects`);
  }
  const list: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value).map(([id, row]: [string, unknown]) => (isObject(row) ? { id, ...row } : row));
  const rows = list.map((row, i): Row => {
    if (!isObject(row)) throw new InputError(`${file}: entry ${i + 1}: expected an object`);
    return { line: i + 1, cells: cellsOf(row) };
  });
  return { columns: columnsOf(rows), rows };
}

/** Excel may write the separator in a line of its own before the header. */
const separatorLine = /^sep=([,;\t])\r?\n/i;

function csvTable(text: string, file: string): Table {
  const [line = '', stated] = separatorLine.exec(text) ?? [];
  let records: { info: { lines: number }; record: Record<string, string> }[];
  let columns: string[] = [];
  const delimiter = stated ?? delimiterOf(text);
  try {
    records = parse(text.slice(line.length), {
      columns: (header: string[]) => {
        columns = header.map(nameForm);
        const twice = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i);
        if (twice !== undefined) throw new Error(`two columns are called ${twice}, expected names that differ`);
        // A column without a name is an index that somebody's program wrote.
        return columns.map((name, i) => (name === '' ? `column ${i + 1}` : name));
      },
      delimiter,
      // Tables divided by tabs have quotes as plain text.
      relax_quotes: delimiter === '\t',
      trim: true,
      skip_empty_lines: true,
      info: true,
    });
  } catch (error) {
    throw new InputError(`${file}: not CSV: ${messageOf(error)}`);
  }
  return {
    columns: columns.filter((name) => name !== ''),
    rows: records.map(({ info, record }) => ({
      line: info.lines + (stated === undefined ? 0 : 1),
      cells: cellsOf(record),
    })),
  };
}

/** Whichever divides the header line most often, outside of quotes. */
function delimiterOf(text: string): string {
  const header = /^\s*([^\r\n]*)/.exec(text)?.[1]?.replace(/"[^"]*"/g, '') ?? '';
  const count = (delimiter: string): number => header.split(delimiter).length;
  return ['\t', ';'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best), ',');
}

function cellsOf(row: object): Map<string, unknown> {
  const cells = new Map<string, unknown>();
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    if (value !== null && value !== undefined && value !== '') cells.set(nameForm(name), value);
  }
  return cells;
}

function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap(({ cells }) => [...cells.keys()]))];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
