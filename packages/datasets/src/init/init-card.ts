import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError, InputError, isInputError, writeFileWhole } from '@ser/files';
import { card as shippedCard, cardNames } from '../cards';
import { describeFolds } from '../describe';
import { folds } from '../folds';
import { openCorpus } from '../open-corpus';
import { countBy, distinct } from '../order';
import { findFiles } from '../readers/find-files';
import { isAudioPath, pathReader } from '../readers/path-pattern';
import { tableSources } from '../readers/read-table';
import { foldStatistics } from '../statistics';
import { shown, some } from './column-values';
import type { Draft } from './draft';
import { draftFromPaths } from './draft-from-paths';
import { draftFromTables, type UnusedTable } from './draft-from-tables';
import { guessClasses } from './guess-pattern';

/** A card to start from. */
export interface InitialCard {
  /** Where it was written; undefined where the package has a card for the corpus and no other can be guessed. */
  readonly file?: string;
  /** What was recognised, what was not, and what the card gives: for people, a line each. */
  readonly lines: readonly string[];
}

const tableFile = /\.(csv|tsv|jsonl|ndjson|json)$/i;

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
  const { draft: fromTables, unused } = await draftFromTables(root, tables, audio);
  const [lacking] = unused;
  if (isTable && !fromTables && !names.some(hasTables)) {
    throw new InputError(`${target}: cannot be used: ${lacking?.why ?? 'not a table'}`);
  }
  const found = fromTables ?? (names.some(hasTables) ? undefined : draftFromPaths(audio));
  if (!found && known.length > 0) return { lines: known };
  const notUsed = fromTables ? [] : unusedLines(unused);
  if (!found) {
    throw new InputError(
      `${root}: ${audio.length} audio files, and neither their names (${audio[0]}) nor a table say which emotion each is` +
        `${notUsed.map((line) => `; ${line}`).join('')}; ` +
        `write a card by hand, see "Bring a corpus" in the README of @ser/datasets`,
    );
  }
  const own = distinct(found.labels);
  const guessed = guessClasses(own);
  if (guessed.classes.length < 2) {
    throw new InputError(`${isTable ? target : root}: its labels (${some(own)}) make one class, expected two or more`);
  }
  const draft = { ...found, open: [...found.open, ...mergedLabels(guessed)] };
  const text = cardText(root, file, draft, audio.length, [...known, ...notUsed]);
  await writeFileWhole(file, text);
  return { file, lines: [...known, ...notUsed, ...(await report(file, root, draft))] };
}

/** Labels that became one class because their words are usual for one emotion. */
const mergedLabels = ({ classes, map }: ReturnType<typeof guessClasses>): string[] =>
  classes.flatMap((name) => {
    const own = Object.keys(map).filter((label) => map[label] === name);
    return own.length > 1 ? [`whether ${some(own)} are one class: ${shown(name)}, as labels.map has it`] : [];
  });

/** Tables that are not used, and why. Of JSON that is no table, such as settings, nothing is said. */
function unusedLines(unused: readonly UnusedTable[]): string[] {
  const tables = unused.filter(({ file, isTable }) => isTable || !/\.json$/i.test(file));
  return [
    ...tables.slice(0, 5).map(({ file, why }) => `not used: ${shown(file)}: ${why.slice(0, 400)}`),
    ...(tables.length > 5 ? [`not used: ${tables.length - 5} more tables`] : []),
  ];
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
  { fields, labels, severalLabels, comments, open }: Draft,
  files: number,
  notes: readonly string[],
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
        `${severalLabels ? 'Rows that give each some weight' : 'Counts'}: ${[...counts].map(([label, n]) => `${label} ${n}`).join(', ')}.`,
        'map says which class each label is: two may share one, and "ignore": ["other"] leaves labels out.',
      ],
    ],
  ]);
  const head = [
    `A card made by \`ser data init\` from ${files} audio files. See that it is right: ser data check ${path.basename(file)}`,
    ...notes.map((note) => note.replace(/^not used:/, 'Not used:')),
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
