import { readFile } from 'node:fs/promises';
import { errorCode, InputError } from '../errors';

/** One parsed line and where it stands, for messages. */
export interface JsonLine {
  readonly value: unknown;
  /** `file:line`. */
  readonly where: string;
}

/**
 * Reads a file of JSON lines. A last line without its newline that does not parse is what an interrupted run leaves
 * behind: it is dropped. Any other line that does not parse is an error.
 *
 * @returns undefined when there is no such file
 * @throws InputError naming file and line
 */
export async function readJsonLines(path: string): Promise<JsonLine[] | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const lines: JsonLine[] = [];
  const rows = text.split('\n');
  rows.forEach((row, index) => {
    if (row.trim() === '') return;
    const where = `${path}:${index + 1}`;
    try {
      lines.push({ value: JSON.parse(row), where });
    } catch {
      if (index < rows.length - 1) throw new InputError(`${where}: expected one JSON object a line`);
    }
  });
  return lines;
}

/** Reads a JSON file; undefined when there is none. Throws InputError when it does not parse. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${path}: expected JSON`);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
