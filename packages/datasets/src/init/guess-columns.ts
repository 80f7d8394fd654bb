import path from 'node:path';
import type { TableColumns } from '../card';
import { isAudioPath } from '../readers/path-pattern';
import type { Table } from '../readers/rows';
import { textOf } from '../readers/utterance';
import { bare, shown, some, valuesOf } from './column-values';
import { guessLabel, labelsOfRow, unreadableLabel } from './guess-label';
import { guessSpeaker } from './speaker-columns';

const words: Readonly<Record<string, readonly string[]>> = {
  session: ['session', 'sessionid'],
  split: ['split', 'splitset', 'set', 'partition', 'subset'],
  start: ['start', 'starttime', 'begin', 'onset', 'tmin', 'xmin', 'startsec'],
  end: ['end', 'endtime', 'stop', 'tmax', 'xmax', 'endsec'],
  annotator: ['annotator', 'annotatorid', 'rater', 'raterid', 'worker', 'workerid', 'coder', 'evaluator'],
};
const audioWords =
  /^(audio|file|path|wav|clip|recording|datei|fichier)?(file|path|name|id|ref)?$|^(datei|file)name$|^aufnahme$/;

/** Audio of a table's column: how the card says it, and the file of each row that has one. */
interface AudioColumn {
  readonly spec: string;
  readonly column: string;
  readonly fileOf: (value: string) => string | undefined;
  readonly found: number;
}

/** Which columns of a table are which, as far as their names and values say. */
export interface GuessedColumns {
  readonly columns: TableColumns & { readonly audio: string };
  readonly audioColumn: string;
  /** The audio file of each row; undefined where there is none. */
  readonly files: readonly (string | undefined)[];
  /** Rows whose audio file is there. */
  readonly found: number;
  /** A column that names folds. */
  readonly folds?: string;
  /** Without a speaker: columns that may be it. */
  readonly speakerCandidates: readonly string[];
  /** What is not decided. */
  readonly open: readonly string[];
  /** Why no card can use the table, if none can. */
  readonly lacks?: string;
}

/**
 * Guesses the columns of a table by their names and values, and the one of audio by the files that are there. When no
 * column names audio files, what is missing.
 *
 * @param folder Of the table, relative to the root.
 * @param files Audio files, relative to the root.
 */
export function guessColumns(
  table: Table,
  folder: string,
  files: readonly string[],
): GuessedColumns | { readonly lacks: string } {
  const audio = audioColumn(table, folder, files);
  if (!audio) return { lacks: lackingAudio(table) };
  const rest = table.columns.filter((column) => column !== audio.column);
  const named = (role: string): string | undefined =>
    words[role]?.map((word) => rest.find((column) => bare(column) === word)).find((column) => column !== undefined);
  const found: Record<string, string> = {};
  for (const role of ['session', 'split', 'start', 'end', 'annotator']) {
    const column = named(role);
    if (column !== undefined) found[role] = column;
  }
  const folds = rest.find((column) => /^(fold|folds|cvfold|foldid)$/.test(bare(column)));
  const id = rest.find(
    (column) => ['id', 'key', 'uttid', 'utteranceid', 'segmentid'].includes(bare(column)) && isUnique(table, column),
  );
  const { label, open } = guessLabel(table, without(rest, Object.values(found)));
  const labelColumns = label === undefined ? [] : typeof label === 'string' ? [label] : Object.values(label);
  const taken = [...labelColumns, ...Object.values(found), ...[folds ?? []].flat()];
  const rows = table.rows.map((row, i) => ({
    utterance: `${textOf(row.cells.get(audio.column)) ?? i} ${textOf(row.cells.get(found['start'] ?? '')) ?? ''}`,
    label: label === undefined ? String(i) : labelsOfRow(row, label).join(),
  }));
  const { speaker, vague = false, candidates } = guessSpeaker(table, without(rest, taken), rows);
  return {
    columns: {
      audio: audio.spec,
      ...(label !== undefined && { label }),
      ...(speaker !== undefined && { speaker }),
      ...found,
      ...(id !== undefined && found['annotator'] === undefined && { id }),
    },
    audioColumn: audio.column,
    files: table.rows.map(({ cells }) => audio.fileOf(asPath(textOf(cells.get(audio.column)) ?? ''))),
    found: audio.found,
    ...(folds !== undefined && { folds }),
    speakerCandidates: candidates,
    open: vague ? [...open, `whether ${speaker} is the speaker: its values repeat as those of speakers do`] : open,
    ...(label === undefined && { lacks: lackingLabel(table) }),
  };
}

const without = (columns: readonly string[], taken: readonly string[]): string[] =>
  columns.filter((column) => !taken.includes(column));

const asPath = (value: string): string => value.replaceAll('\\', '/');

function lackingAudio(table: Table): string {
  const named =
    table.columns.find((column) => {
      const values = valuesOf(table, column);
      return values.length > 0 && values.filter(isAudioPath).length > values.length / 2;
    }) ?? table.columns.find((column) => audioWords.test(bare(column)));
  if (named === undefined) return `no column for the audio among ${some(table.columns)}`;
  const values = valuesOf(table, named);
  if (values.length === 0)
    return `the column ${shown(named)} has no text, expected the name of an audio file in each row`;
  return (
    `none of its ${values.length} audio names is a file, such as ${shown(values[0] ?? '')} ` +
    `(column ${shown(named)} of ${some(table.columns)})`
  );
}

function lackingLabel(table: Table): string {
  const why = unreadableLabel(table);
  return `no column for the label among ${some(table.columns)}${why === undefined ? '' : `; ${why}`}`;
}

function isUnique(table: Table, column: string): boolean {
  const values = valuesOf(table, column);
  return values.length === table.rows.length && new Set(values).size === values.length;
}

function audioColumn(table: Table, folder: string, files: readonly string[]): AudioColumn | undefined {
  const there = new Set(files.map((file) => file.normalize('NFC')));
  const byName = new Map<string, string>();
  for (const file of there) {
    byName.set(path.posix.basename(file), file);
    byName.set(withoutExtension(path.posix.basename(file)), file);
  }
  let best: AudioColumn | undefined;
  for (const column of table.columns) {
    const values = valuesOf(table, column).map(asPath);
    for (const candidate of [
      () => byPath(column, values, there, folder, folder),
      () => byPath(column, values, there, '', folder),
      () => byBaseName(column, values, byName, folder),
    ]) {
      const found = candidate();
      if (found && found.found > 0 && found.found > (best?.found ?? 0)) best = found;
    }
  }
  return best;
}

function byPath(
  column: string,
  values: readonly string[],
  there: ReadonlySet<string>,
  base: string,
  folder: string,
): AudioColumn {
  const fileOf = (value: string): string | undefined => {
    const file = path.posix.join(base, value);
    return there.has(file) ? file : undefined;
  };
  const found = values.filter((value) => fileOf(value) !== undefined).length;
  const up = path.posix.relative(folder || '.', base || '.');
  return { column, found, fileOf, spec: up === '' ? column : `${up}/{${column}}` };
}

/** Names of files in one folder, with or without their extension. */
function byBaseName(
  column: string,
  values: readonly string[],
  byName: ReadonlyMap<string, string>,
  folder: string,
): AudioColumn | undefined {
  const fileOf = (value: string): string | undefined => byName.get(path.posix.basename(value));
  const found = values.flatMap((value) => fileOf(value) ?? []);
  const [first] = found;
  if (first === undefined || values.some((value) => value.includes('/'))) return undefined;
  const dirs = new Set(found.map((file) => path.posix.dirname(file)));
  const extensions = new Set(found.map((file) => path.posix.extname(file)));
  // In several folders they are looked for by name.
  if (dirs.size > 1) return { column, found: found.length, fileOf, spec: column };
  const dir = path.posix.relative(folder || '.', path.posix.dirname(first));
  const bareNames = values.some((value) => !isAudioPath(value));
  const extension = bareNames && extensions.size === 1 ? [...extensions][0] : '';
  return { column, found: found.length, fileOf, spec: `${dir === '' ? '' : `${dir}/`}{${column}}${extension}` };
}

const withoutExtension = (file: string): string => file.replace(/\.[^./]*$/, '');
