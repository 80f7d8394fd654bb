import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError, InputError, isInputError, messageOf, readText, writeFileWhole } from '@ser/files';
import type { CorpusCard, TableSource } from '../card';
import { card as shippedCard, cardNames } from '../cards';
import { folds } from '../folds';
import { officialSplit } from '../official-split';
import { countBy, distinct } from '../order';
import { openCorpus } from '../open-corpus';
import { describeFolds } from '../describe';
import { findFiles } from '../readers/find-files';
import { isAudioPath, pathReader } from '../readers/path-pattern';
import { labelsIn, tableSources } from '../readers/read-table';
import { parseTable, type Table } from '../readers/rows';
import { textOf } from '../readers/utterance';
import { foldStatistics } from '../statistics';
import { guessColumns, type GuessedColumns } from './guess-columns';
import { guessClasses, guessPattern } from './guess-pattern';

/** A card to start from. */
export interface InitialCard {
  /** Where it was written; undefined where the package has a card for the corpus and no other can be guessed. */
  readonly file?: string;
  /** What was recognised, what was not, and what the card gives: for people, a line each. */
  readonly lines: readonly string[];
}

/** A card without what only its owner knows, and comments by the key they stand above. */
interface Draft {
  readonly fields: Pick<CorpusCard, 'reader'> & Partial<CorpusCard>;
  readonly labels: readonly string[];
  readonly comments: ReadonlyMap<string, readonly string[]>;
  /** What the card does not decide. */
  readonly open: readonly string[];
}

const tableFile = /\.(csv|tsv|jsonl|ndjson|json)$/i;
/** A larger table is not a list of utterances. */
const mostTableBytes = 64 * 2 ** 20;
/** Nor is one with a longer cell. */
const longestCell = 100_000;

/**
 * Looks at a folder of audio, or at a table, and writes a card to start from: `card.json` beside the data, with what it
 * recognised, the label counts, and what it could not decide as comments.
 *
 * @throws {InputError} when there is no audio, a card is there already, or nothing tells what the labels are.
 */
export async function initCard(target: string, options: { readonly out?: string } = {}): Promise<InitialCard> {
  const isTable = await stat(target).then(
    (found) => found.isFile(),
    (error: unknown) => {
      throw fileError(error, target);
    },
  );
  const root = path.resolve(isTable ? path.dirname(target) : target);
  const file = options.out === undefined ? path.join(root, 'card.json') : path.resolve(options.out);
  if (await exists(file)) throw new InputError(`${file}: is there already; --out names another file`);
  const audio = await findFiles(root, isAudioPath);
  if (audio.length === 0) throw new InputError(`${root}: no audio file here or below, expected the folder of a corpus`);
  const tables = isTable ? [path.basename(target)] : await findFiles(root, (name) => tableFile.test(name));
  const names = knownCorpora(audio, tables);
  const known = names.map((name) => `this looks like ${name}, which has a card: --dataset=${name} --data-dir=<folder>`);
  const draft =
    (await draftFromTables(root, tables, audio)) ?? (names.some(hasTables) ? undefined : draftFromPaths(audio));
  if (!draft && known.length > 0) return { lines: known };
  if (!draft) {
    throw new InputError(
      `${root}: ${audio.length} audio files, and neither their names (${audio[0]}) nor a table say which emotion each is; ` +
        `write a card by hand, see "Bring a corpus" in the README of @ser/datasets`,
    );
  }
  const text = cardText(root, file, draft, audio.length, known);
  await writeFileWhole(file, text);
  return { file, lines: [...known, ...(await report(file, root, draft))] };
}

async function draftFromTables(
  root: string,
  files: readonly string[],
  audio: readonly string[],
): Promise<Draft | undefined> {
  const readable: { file: string; table: Table; guess: GuessedColumns }[] = [];
  for (const file of files) {
    const table = await tableOf(path.join(root, file));
    const folder = path.posix.dirname(file);
    const guess = table && guessColumns(table, folder === '.' ? '' : folder, audio);
    if (table && guess && (guess.columns.label !== undefined || guess.found > 1)) readable.push({ file, table, guess });
  }
  const labelled = readable.filter(({ guess }) => guess.columns.label !== undefined);
  const [main] = [...labelled].sort((a, b) => b.guess.found - a.guess.found);
  if (!main) return undefined;
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
  return draftOfTable(main.guess, manifest, chosen, several, audio);
}

const withoutAudio = ({ columns: { audio: _, ...rest } }: GuessedColumns): object => rest;

const splitWord = (file: string): string | undefined =>
  /(?:^|[^a-z])(train(?:ing)?|dev|devel|val|valid|validation|test|testing)(?:[^a-z]|$)/i
    .exec(path.basename(file))?.[1]
    ?.toLowerCase();

async function tableOf(file: string): Promise<Table | undefined> {
  try {
    const table = parseTable(await readText(file, mostTableBytes), file);
    const long = table.rows.some(({ cells }) => [...cells.values()].some((cell) => String(cell).length > longestCell));
    return table.rows.length > 0 && !long ? table : undefined;
  } catch (error) {
    if (isInputError(error)) return undefined;
    throw error;
  }
}

function draftOfTable(
  guess: GuessedColumns,
  manifest: NonNullable<CorpusCard['manifest']>,
  chosen: readonly { readonly table: Table }[],
  several: boolean,
  audio: readonly string[],
): Draft {
  const { columns } = guess;
  const rows = chosen.flatMap(({ table }) => table.rows);
  const valuesOf = (column: string): string[] => rows.flatMap(({ cells }) => textOf(cells.get(column)) ?? []);
  const spec = columns.label ?? 'label';
  const labelsOfRow = (cells: ReadonlyMap<string, unknown>): string[] => {
    if (typeof spec === 'string') return labelsIn(cells.get(spec), () => undefined).map(([label]) => label);
    if (!isRecord(spec))
      return spec.flatMap((column) => labelsIn(cells.get(column), () => undefined).map(([label]) => label));
    return Object.keys(spec);
  };
  const labels = rows.flatMap(({ cells }) => labelsOfRow(cells));
  const comments = new Map<string, string[]>();
  const open: string[] = [];
  const empty = rows.filter(({ cells }) => labelsOfRow(cells).length === 0).length;
  if (empty > 0) open.push(`${empty} rows have no label: "ignore": [""] leaves them out`);
  const others = chosen[0]?.table.columns.filter((column) => !usedColumns(guess).includes(column)) ?? [];
  if (others.length > 0) {
    comments.set('columns', [`Kept as they are, to group, select and break results down by: ${others.join(', ')}.`]);
  }
  const { audio: audioSpec, ...rest } = columns;
  const named = columns.speaker === undefined ? speakersInPaths(audio, comments, open) : undefined;
  const speakers = named ? named.speakers : valuesOf(columns.speaker ?? '');
  const fields: Draft['fields'] = {
    reader: 'manifest',
    manifest,
    columns: several ? rest : { audio: audioSpec, ...rest },
    ...named?.fields,
    ...foldsOf(
      {
        speakers,
        splits: several ? ['train', 'test'] : columns.split === undefined ? undefined : valuesOf(columns.split),
        folds: guess.folds,
      },
      comments,
      open,
    ),
  };
  return { fields, labels, comments, open };
}

function isRecord(spec: unknown): spec is Readonly<Record<string, string>> {
  return typeof spec === 'object' && !Array.isArray(spec);
}

function usedColumns({ columns, audioColumn }: GuessedColumns): string[] {
  return [
    audioColumn,
    ...Object.values(columns).flatMap((spec: string | readonly string[] | Readonly<Record<string, string>>) =>
      typeof spec === 'string' ? [spec] : Object.values(spec),
    ),
  ];
}

/** Speakers that no column names may be a part of the paths. */
function speakersInPaths(
  audio: readonly string[],
  comments: Map<string, string[]>,
  open: string[],
): { readonly fields: Partial<CorpusCard>; readonly speakers?: readonly string[] | undefined } {
  const guess = guessPattern(audio, false);
  if (guess && guess.files === audio.length) {
    comments.set('pattern', ['No column names the speakers; this part of the paths may. See that it does.']);
    return { fields: { pattern: guess.pattern }, speakers: guess.speakers };
  }
  open.push(
    'nothing names the speakers: every utterance counts as a speaker of its own, so results are not speaker-independent',
  );
  return { fields: { unknownSpeakers: true } };
}

function draftFromPaths(audio: readonly string[]): Draft | undefined {
  const guess = guessPattern(audio);
  if (!guess) return undefined;
  const comments = new Map<string, string[]>();
  const open: string[] = [];
  comments.set('pattern', [
    `${guess.files} of ${audio.length} audio files have this form.`,
    ...guess.others.map(({ field, values }) => `{${field}} is ${some(values)}: give it a name if it has a meaning.`),
  ]);
  if (!guess.labelsKnown) {
    open.push(
      `the labels are a guess: ${some(distinct(guess.labels ?? []))} are no words for emotions; labels.map gives them names`,
    );
  }
  if (guess.speakers === undefined) {
    open.push(
      'nothing names the speakers: every utterance counts as a speaker of its own, so results are not speaker-independent',
    );
  }
  const fields: Draft['fields'] = {
    reader: 'files',
    pattern: guess.pattern,
    ...(guess.speakers === undefined && { unknownSpeakers: true }),
    ...foldsOf({ speakers: guess.speakers, splits: guess.splits }, comments, open),
  };
  return { fields, labels: guess.labels ?? [], comments, open };
}

function foldsOf(
  found: {
    readonly speakers: readonly string[] | undefined;
    readonly splits: readonly string[] | undefined;
    readonly folds?: string | undefined;
  },
  comments: Map<string, string[]>,
  open: string[],
): Pick<CorpusCard, 'folds'> {
  const speakers = distinct(found.speakers ?? []);
  if (found.folds !== undefined) {
    comments.set('folds', [`The column ${found.folds} names the fold in which each utterance is tested.`]);
    return { folds: { by: found.folds } };
  }
  if (found.splits !== undefined) {
    try {
      if (officialSplit(distinct(found.splits), '') !== undefined) {
        comments.set('folds', ["The corpus's own split. `speaker` in its place makes folds by speaker."]);
        return { folds: { by: 'split' } };
      }
    } catch (error) {
      open.push(`the split column is not used: ${messageOf(error).replace(/^: /, '')}`);
    }
  }
  comments.set('folds', [
    speakers.length === 0
      ? 'Five parts at random.'
      : `${speakers.length} speakers: ${some(speakers)}. No speaker is in train and test.`,
  ]);
  return { folds: { by: 'speaker', ...(speakers.length === 0 || speakers.length > 12 ? { k: 5, seed: 1 } : {}) } };
}

/** Whether a card of this package reads tables. */
const hasTables = (name: string): boolean => tableSources(shippedCard(name)).length > 0;

/** Cards of this package whose pattern most of the files fit, or whose tables are there. */
function knownCorpora(audio: readonly string[], tables: readonly string[]): string[] {
  return cardNames.filter((name) => {
    const card = shippedCard(name);
    const { pattern, license, regex } = card;
    if (license.access === 'generated') return false;
    const wanted = tableSources(card);
    if (wanted.length > 0) return wanted.every(({ file }) => tables.includes(file));
    if (pattern === undefined) return false;
    const read = pathReader([pattern].flat(), regex, name);
    return audio.filter((file) => read(file)).length > 0.9 * audio.length;
  });
}

function cardText(
  root: string,
  file: string,
  { fields, labels, comments, open }: Draft,
  files: number,
  known: readonly string[],
): string {
  const counts = countBy(labels, (label) => label);
  const { classes, map } = guessClasses([...counts.keys()]);
  const name =
    path
      .basename(root)
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '') || 'corpus';
  const { folds: rule, ...reading } = fields;
  const card = {
    name,
    title: path.basename(root),
    license: { name: 'unknown', access: 'own' },
    source: { citation: 'unknown' },
    ...reading,
    labels: { classes, map },
    folds: rule,
  };
  const above = new Map<string, readonly string[]>([
    ...comments,
    ['license', ['What the licence is, and whom to cite: only you know.']],
    [
      'labels',
      [
        `Counts: ${[...counts].map(([label, n]) => `${label} ${n}`).join(', ')}.`,
        'map says which class each label is: two may share one, and "ignore": ["other"] leaves labels out.',
      ],
    ],
  ]);
  const head = [
    `A card made by \`ser data init\` from ${files} audio files. See that it is right: ser data check ${path.basename(file)}`,
    ...known,
    ...open.map((line) => `Not decided: ${line}`),
  ];
  const body = JSON.stringify(card, null, 2).replace(/^ {2}"(\w+)":/gm, (line, key: string) => {
    const notes = above.get(key) ?? [];
    return [...notes.map((note) => `  ${comment(note)}`), line].join('\n');
  });
  return `${head.map(comment).join('\n')}\n${body}\n`;
}

/** One line, whatever a file name holds. */

const comment = (text: string): string => `// ${text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')}`;

function some(values: readonly string[]): string {
  return values.length <= 12 ? values.join(', ') : `${values.slice(0, 10).join(', ')} and ${values.length - 10} more`;
}

/** What the card gives, by the code that a run uses. */
async function report(file: string, root: string, { open }: Draft): Promise<string[]> {
  const lines = [`wrote ${file}`, ...open.map((line) => `not decided: ${line}`)];
  try {
    const corpus = await openCorpus(file, path.dirname(file) === root ? undefined : root, { allowIncomplete: true });
    lines.push(`${corpus.utterances.length} utterances`, ...corpus.notes.map((note) => `note: ${note}`));
    const made = folds(corpus, { sharedSpeakers: 'allowed' });
    lines.push(describeFolds(made.map((fold) => foldStatistics(fold, corpus))));
    if (made.some(({ sharedSpeakers }) => sharedSpeakers.length > 0)) {
      lines.push('speakers are in train and test: a run needs --shared-speakers=allowed, or folds by speaker');
    }
  } catch (error) {
    if (!isInputError(error)) throw error;
    lines.push(`to be mended: ${error.message}`);
  }
  return lines;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
