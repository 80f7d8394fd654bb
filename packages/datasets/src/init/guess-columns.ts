import path from 'node:path';
import type { LabelColumns, TableColumns } from '../card';
import { emotionOf } from '../emotions';
import { labelForm } from '../names';
import { isAudioPath } from '../readers/path-pattern';
import type { Table } from '../readers/rows';
import { textOf } from '../readers/utterance';

const words: Readonly<Record<string, readonly string[]>> = {
  label: [
    'label',
    'emotion',
    'emo',
    'emoclass',
    'emotionlabel',
    'emotionclass',
    'labels',
    'category',
    'class',
    'target',
  ],
  speaker: [
    'speaker',
    'spk',
    'speakerid',
    'spkrid',
    'spkr',
    'spkid',
    'actor',
    'actorid',
    'subject',
    'subjectid',
    'participant',
    'clientid',
    'voice',
    'performer',
  ],
  session: ['session', 'sessionid'],
  split: ['split', 'splitset', 'set', 'partition', 'subset'],
  start: ['start', 'starttime', 'begin', 'onset', 'tmin', 'xmin', 'startsec'],
  end: ['end', 'endtime', 'stop', 'tmax', 'xmax', 'endsec'],
  annotator: ['annotator', 'annotatorid', 'rater', 'raterid', 'worker', 'workerid', 'coder', 'evaluator'],
};

/** Audio of a table's column: how the card says it, and how many rows have a file. */
interface AudioColumn {
  readonly spec: string;
  readonly column: string;
  readonly found: number;
}

/** Which columns of a table are which, as far as their names and values say. */
export interface GuessedColumns {
  readonly columns: TableColumns & { readonly audio: string };
  readonly audioColumn: string;
  /** Rows whose audio file is there. */
  readonly found: number;
  /** A column that names folds. */
  readonly folds?: string;
}

/**
 * Guesses the columns of a table by their names, and the one of audio by the files that are there. Undefined when no
 * column names audio files.
 *
 * @param folder Of the table, relative to the root.
 * @param files Audio files, relative to the root.
 */
export function guessColumns(table: Table, folder: string, files: readonly string[]): GuessedColumns | undefined {
  const audio = audioColumn(table, folder, files);
  if (!audio) return undefined;
  const rest = table.columns.filter((column) => column !== audio.column);
  const named = (role: string): string | undefined =>
    words[role]?.map((word) => rest.find((column) => bare(column) === word)).find((column) => column !== undefined);
  const label = named('label') ?? opinions(rest) ?? shares(table, rest) ?? emotionColumn(table, rest);
  const found: Record<string, string> = {};
  for (const role of ['speaker', 'session', 'split', 'start', 'end', 'annotator']) {
    const column = named(role);
    if (column !== undefined) found[role] = column;
  }
  const folds = rest.find((column) => /^(fold|folds|cvfold|foldid)$/.test(bare(column)));
  const id = rest.find(
    (column) => ['id', 'key', 'uttid', 'utteranceid', 'segmentid'].includes(bare(column)) && isUnique(table, column),
  );
  return {
    columns: {
      audio: audio.spec,
      ...(label !== undefined && { label }),
      ...found,
      ...(id !== undefined && found['annotator'] === undefined && { id }),
    },
    audioColumn: audio.column,
    found: audio.found,
    ...(folds !== undefined && { folds }),
  };
}

const bare = (column: string): string => labelForm(column).replace(/[\s_.-]+/g, '');

const valuesOf = (table: Table, column: string): string[] =>
  table.rows.flatMap(({ cells }) => textOf(cells.get(column)) ?? []);

function isUnique(table: Table, column: string): boolean {
  const values = valuesOf(table, column);
  return values.length === table.rows.length && new Set(values).size === values.length;
}

/** rater1, rater2, …: one opinion in each. */
function opinions(columns: readonly string[]): LabelColumns | undefined {
  const found = columns.filter((column) => /^(rater|annotator|label|emotion|vote)\d+$/.test(bare(column)));
  return found.length > 1 ? found : undefined;
}

/** Columns that are called as emotions are, with numbers in them. */
function shares(table: Table, columns: readonly string[]): LabelColumns | undefined {
  const found = columns.filter(
    (column) => emotionOf(column) !== undefined && valuesOf(table, column).every((value) => Number(value) >= 0),
  );
  return found.length > 1 ? Object.fromEntries(found.map((column) => [column, column])) : undefined;
}

/** A column most of whose values are words for emotions. */
function emotionColumn(table: Table, columns: readonly string[]): string | undefined {
  return columns.find((column) => {
    const values = valuesOf(table, column);
    return values.length > 0 && values.filter((value) => emotionOf(value) !== undefined).length > values.length / 2;
  });
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
    const values = valuesOf(table, column).map((value) => value.replaceAll('\\', '/'));
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
  const found = values.filter((value) => there.has(path.posix.join(base, value))).length;
  const up = path.posix.relative(folder || '.', base || '.');
  return { column, found, spec: up === '' ? column : `${up}/{${column}}` };
}

/** Names of files in one folder, with or without their extension. */
function byBaseName(
  column: string,
  values: readonly string[],
  byName: ReadonlyMap<string, string>,
  folder: string,
): AudioColumn | undefined {
  const found = values.flatMap((value) => byName.get(path.posix.basename(value)) ?? []);
  const [first] = found;
  if (first === undefined || values.some((value) => value.includes('/'))) return undefined;
  const dirs = new Set(found.map((file) => path.posix.dirname(file)));
  const extensions = new Set(found.map((file) => path.posix.extname(file)));
  // In several folders they are looked for by name.
  if (dirs.size > 1) return { column, found: found.length, spec: column };
  const dir = path.posix.relative(folder || '.', path.posix.dirname(first));
  const bareNames = values.some((value) => !isAudioPath(value));
  const extension = bareNames && extensions.size === 1 ? [...extensions][0] : '';
  return { column, found: found.length, spec: `${dir === '' ? '' : `${dir}/`}{${column}}${extension}` };
}

const withoutExtension = (file: string): string => file.replace(/\.[^./]*$/, '');
