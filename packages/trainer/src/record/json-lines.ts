import { InputError, parseJson, readTextIfThere } from '@ser/files';

/** One parsed line and where it stands, for messages. */
export interface JsonLine {
  readonly value: unknown;
  /** `file:line`. */
  readonly where: string;
}

/** Rows as text, one JSON object a line. */
export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/**
 * Reads a file of JSON lines. A last line without its line break that is not JSON is what an interrupted run leaves
 * behind: it is dropped.
 *
 * @returns undefined when there is no such file
 * @throws {InputError} naming file and line of any other line that is not JSON
 */
export async function readJsonLines(path: string): Promise<JsonLine[] | undefined> {
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const rows = text.split('\n');
  return rows.flatMap((row, index) => {
    if (row.trim() === '') return [];
    const where = `${path}:${index + 1}`;
    try {
      return [{ value: parseJson(row, where), where }];
    } catch {
      if (index === rows.length - 1) return [];
      throw new InputError(`${where}: expected one JSON object a line`);
    }
  });
}
