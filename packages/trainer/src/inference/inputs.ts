import { existsSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, relative, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { isAudioPath, readWaveform, readWaveformBytes } from '@ser/datasets';
import { InputError, isInputError, parseJson, readText } from '@ser/files';
import { parse } from 'csv-parse/sync';
import { glob, isDynamicPattern } from 'tinyglobby';

/** A recording to be recognised. */
export interface Input {
  /** As it was named. */
  readonly name: string;
  /** [samples] mono 16 kHz. */
  read(): Promise<Float32Array>;
}

/** Columns of a manifest that name the recording; the first that is there counts. */
const columns = ['audio', 'file', 'path'] as const;

/**
 * The recordings that arguments name: files; folders, with all audio files below them; globs; manifests (.csv
 * with a header, .jsonl) with a column `audio`, `file` or `path` and maybe `start` and `end` in seconds; `-` for one
 * recording from standard input. In the order of the arguments, each folder and glob sorted.
 *
 * @throws {InputError} for a manifest that cannot be read, and for a folder or glob with nothing in it
 */
export async function expandInputs(args: readonly string[], stdin: NodeJS.ReadableStream): Promise<Input[]> {
  const inputs: Input[] = [];
  for (const arg of args) {
    if (arg === '-') inputs.push({ name: '-', read: async () => readWaveformBytes(await buffer(stdin)) });
    else if (existsSync(arg) && statSync(arg).isDirectory())
      inputs.push(...(await found(arg, '**/*', arg, isAudioPath)));
    else if (existsSync(arg) && !statSync(arg).isFile()) inputs.push({ name: arg, read: () => refused(arg) });
    else if (/^\.(csv|jsonl)$/i.test(extname(arg))) inputs.push(...(await rowsOf(arg)));
    else if (!existsSync(arg) && isDynamicPattern(arg)) inputs.push(...(await found('.', arg, arg)));
    else inputs.push(inputOf(arg, arg));
  }
  return inputs;
}

/** Pipes, sockets and devices are not opened, because that may wait for ever: what the reader says, and what to do. */
async function refused(path: string): Promise<Float32Array> {
  try {
    return await readWaveform(path);
  } catch (error) {
    if (!isInputError(error)) throw error;
    throw new InputError(`${error.message}; - reads a recording from standard input`, { cause: error });
  }
}

const inputOf = (name: string, path: string, span: { start?: number; end?: number } = {}): Input => ({
  name,
  read: () => readWaveform(path, span),
});

async function found(
  folder: string,
  pattern: string,
  name: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<Input[]> {
  const all = await glob(pattern, { cwd: folder, expandDirectories: false, absolute: true });
  const files = all.filter(isWanted);
  if (files.length === 0) throw new InputError(`${name}: no file there; expected audio files`);
  return files.sort().map((path) => inputOf(isAbsolute(name) ? path : relative('.', path), path));
}

async function rowsOf(manifest: string): Promise<Input[]> {
  const text = await readText(manifest);
  const rows = /\.csv$/i.test(manifest) ? csvRows(text, manifest) : jsonRows(text, manifest);
  return rows.map((row, i) => {
    const at = `${manifest}:${i + 1}`;
    const fields = new Map<string, unknown>(Object.entries(row ?? {}));
    const audio = columns.map((column) => fields.get(column)).find((value) => value !== undefined && value !== '');
    if (typeof audio !== 'string') throw new InputError(`${at}: no recording named, expected ${columns.join(', ')}`);
    const [start, end] = ['start', 'end'].map((name) => secondsOf(fields.get(name), `${at}: ${name}`));
    const span = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
    return inputOf(named(audio, start, end), resolve(dirname(manifest), audio), span);
  });
}

/** A part of a file bears its times, so that rows of one file can be told apart. */
const named = (audio: string, start: number | undefined, end: number | undefined): string =>
  start === undefined && end === undefined ? audio : `${audio}#t=${start ?? 0}${end === undefined ? '' : `,${end}`}`;

function csvRows(text: string, where: string): unknown[] {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new InputError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const jsonRows = (text: string, where: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => parseJson(line, `${where}:${i + 1}`));

function secondsOf(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds;
  throw new InputError(`${where} is ${JSON.stringify(value)}, expected seconds`);
}
