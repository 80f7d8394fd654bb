import path from 'node:path';
import { isInputError, readText } from '@ser/files';
import type { CorpusCard, LabelColumns, TableSource } from '../card';
import { distinct } from '../order';
import { parseTable, type Table } from '../readers/rows';
import { textOf } from '../readers/utterance';
import { some } from './column-values';
import { type Draft, foldsOf } from './draft';
import { type GuessedColumns, guessColumns } from './guess-columns';
import { labelsOfRow } from './guess-label';
import { type SpeakerTable, speakersOfTable } from './table-speakers';

/** A larger table is not a list of utterances. */
const mostTableBytes = 64 * 2 ** 20;
/** Nor is one with a longer cell. */
const longestCell = 100_000;

/** A table that no card can use, and why. */
export interface UnusedTable {
  readonly file: string;
  readonly why: string;
  /** Whether it is a table at all. */
  readonly isTable: boolean;
}

/** A table that names audio files. */
interface ReadTable {
  readonly file: string;
  readonly table: Table;
  readonly guess: GuessedColumns;
}

/** A card that reads the best of the tables; without one, why each cannot be used. */
export async function draftFromTables(
  root: string,
  files: readonly string[],
  audio: readonly string[],
): Promise<{ readonly draft?: Draft; readonly unused: readonly UnusedTable[] }> {
  const readable: ReadTable[] = [];
  const unused: UnusedTable[] = [];
  for (const file of files) {
    const table = await tableOf(path.join(root, file));
    if (typeof table === 'string') {
      unused.push({ file, why: table, isTable: false });
      continue;
    }
    const folder = path.posix.dirname(file);
    const guess = guessColumns(table, folder === '.' ? '' : folder, audio);
    if (guess.lacks !== undefined) unused.push({ file, why: guess.lacks, isTable: true });
    if ('columns' in guess) readable.push({ file, table, guess });
  }
  const labelled = readable.filter(({ guess }) => guess.columns.label !== undefined);
  const [main] = [...labelled].sort((a, b) => b.guess.found - a.guess.found);
  if (!main) return { unused };
  // train.csv, dev.csv and test.csv are one corpus.
  const same = labelled.filter(
    ({ guess }) => JSON.stringify(withoutAudio(guess)) === JSON.stringify(withoutAudio(main.guess)),
  );
  const splits = same.map(({ file }) => splitWord(file));
  const several = same.length > 1 && splits.every((word) => word !== undefined) && new Set(splits).size === same.length;
  const chosen = several ? same : [main];
  const manifest = several
    ? chosen.map(({ file, guess }, i): TableSource => ({
        file,
        columns: { audio: guess.columns.audio },
        values: { split: splits[i] ?? '' },
      }))
    : main.file;
  const others = readable.filter((table) => !chosen.includes(table)).flatMap(speakerTable);
  return { draft: draftOf(main, manifest, chosen, several, audio, others), unused };
}

const withoutAudio = ({ columns: { audio: _, ...rest } }: GuessedColumns): object => rest;

const splitWord = (file: string): string | undefined =>
  /(?:^|[^a-z])(train(?:ing)?|dev|devel|val|valid|validation|test|testing)(?:[^a-z]|$)/i
    .exec(path.basename(file))?.[1]
    ?.toLowerCase();

/** The table of a file, or why it is none. */
async function tableOf(file: string): Promise<Table | string> {
  try {
    const table = parseTable(await readText(file, mostTableBytes), file);
    const long = table.rows.some(({ cells }) => [...cells.values()].some((cell) => String(cell).length > longestCell));
    if (long) return `a cell of more than ${longestCell} characters`;
    return table.rows.length > 0 ? table : 'it has no rows';
  } catch (error) {
    if (!isInputError(error)) throw error;
    return error.message.startsWith(`${file}: `) ? error.message.slice(file.length + 2) : error.message;
  }
}

function speakerTable({ file, table, guess }: ReadTable): SpeakerTable[] {
  const { speaker } = guess.columns;
  if (speaker === undefined) return [];
  const speakers = new Map<string, string>();
  for (const [i, { cells }] of table.rows.entries()) {
    const [audio, name] = [guess.files[i], textOf(cells.get(speaker))];
    if (audio !== undefined && name !== undefined) speakers.set(audio, name);
  }
  return [{ file, column: speaker, speakers }];
}

function draftOf(
  { file, guess }: ReadTable,
  manifest: NonNullable<CorpusCard['manifest']>,
  chosen: readonly ReadTable[],
  several: boolean,
  audio: readonly string[],
  speakerTables: readonly SpeakerTable[],
): Draft {
  const { columns } = guess;
  const rows = chosen.flatMap(({ table }) => table.rows);
  const valuesOf = (column: string): string[] => rows.flatMap(({ cells }) => textOf(cells.get(column)) ?? []);
  const spec = columns.label ?? 'label';
  const labelsOf = rows.map((row) => distinct(labelsOfRow(row, spec)));
  const comments = new Map<string, readonly string[]>();
  const open = [...guess.open];
  const empty = labelsOf.filter((labels) => labels.length === 0).length;
  if (empty > 0) open.push(`${empty} rows have no label: "ignore": [""] leaves them out`);
  const others = chosen[0]?.table.columns.filter((column) => !usedColumns(guess).includes(column)) ?? [];
  if (others.length > 0) {
    comments.set('columns', [`Kept as they are, to group, select and break results down by: ${some(others)}.`]);
  }
  const { audio: audioSpec, ...rest } = columns;
  const found =
    columns.speaker === undefined
      ? speakersOfTable({
          file,
          audio,
          files: chosen.flatMap((one) => one.guess.files),
          candidates: guess.speakerCandidates,
          tables: speakerTables,
        })
      : { fields: {}, speakers: valuesOf(columns.speaker), notes: [], open: [] };
  if (found.notes.length > 0) comments.set('pattern', found.notes);
  open.push(...found.open);
  const fields: Draft['fields'] = {
    reader: 'manifest',
    manifest,
    columns: several ? rest : { audio: audioSpec, ...rest },
    ...found.fields,
    ...foldsOf(
      {
        speakers: found.speakers,
        splits: several ? ['train', 'test'] : columns.split === undefined ? undefined : valuesOf(columns.split),
        folds: guess.folds,
      },
      comments,
      open,
    ),
  };
  const severalLabels = labelsOf.some((labels) => labels.length > 1);
  return { fields, labels: labelsOf.flat(), severalLabels, comments, open };
}

function usedColumns({ columns, audioColumn }: GuessedColumns): string[] {
  return [
    audioColumn,
    ...Object.values(columns).flatMap((spec: LabelColumns) =>
      typeof spec === 'string' ? [spec] : Object.values(spec),
    ),
  ];
}
