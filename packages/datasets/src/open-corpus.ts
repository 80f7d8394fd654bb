import { stat } from 'node:fs/promises';
import path from 'node:path';
import { stripComments } from 'jsonc-parser';
import { type CorpusCard, validateCard } from './card';
import { card as shippedCard, cardNames } from './cards';
import type { Corpus, Reading } from './corpus';
import { demoFolder } from './demo/demo-folder';
import { InputError, parseJson, readText } from '@ser/files';
import { narrow, type Narrowing } from './narrow';
import { readIemocap } from './readers/iemocap';
import { readFiles } from './readers/read-files';
import { readTables, tableSources } from './readers/read-table';
import { readMspImprov } from './readers/msp-improv';
import { select } from './select';

/**
 * Opens a corpus: finds its files, reads its labels, and compares the counts with its card.
 *
 * @param nameOrCardPath A card of this package (`cardNames`) or the path of a card (.json) of your own.
 * @param dir Where the corpus is. The demo corpus is made in a cache folder without it; an own corpus is taken to be
 *   beside its manifest.
 * @param options.where Only these utterances, after the counts were compared; `foldsBy`: folds by another column.
 * @throws {InputError} saying what was looked for and what was found instead.
 */
export async function openCorpus(
  nameOrCardPath: string,
  dir?: string,
  options: Narrowing & { readonly allowIncomplete?: boolean } = {},
): Promise<Corpus> {
  const { card, folder } = await findCard(nameOrCardPath);
  const root = await corpusFolder(card, folder, dir);
  const reading = await read(card, root, folder, dir);
  return narrow(select(card, root, reading, options.allowIncomplete ?? false), options);
}

/** No card is larger. */
const cardBytes = 4 * 2 ** 20;

/**
 * A card by its path, or by its name: in a folder of `SER_CARDS`, among those of this package, or in `datasets/` of the
 * current folder. `folder` is where it lies, when it is not one of this package.
 *
 * @throws {InputError} when there is none, or it is wrong.
 */
export async function findCard(nameOrPath: string): Promise<{ card: CorpusCard; folder?: string }> {
  if (nameOrPath.endsWith('.json')) return readCard(nameOrPath);
  const named = /^[a-z0-9][a-z0-9._-]*$/.test(nameOrPath);
  const own = named ? ownFolders() : [];
  for (const folder of own) {
    const file = path.join(folder, `${nameOrPath}.json`);
    if (await isFile(file)) return readCard(file);
  }
  if (cardNames.includes(nameOrPath)) return { card: shippedCard(nameOrPath) };
  const beside = path.resolve('datasets', `${nameOrPath}.json`);
  if (named && (await isFile(beside))) return readCard(beside);
  return { card: shippedCard(nameOrPath) };
}

/** The folders of cards that the user names, as PATH names folders of programs. */
function ownFolders(): string[] {
  return (process.env['SER_CARDS'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
}

async function readCard(file: string): Promise<{ card: CorpusCard; folder: string }> {
  const text = stripComments(await readText(file, cardBytes));
  return { card: validateCard(parseJson(text, file), file), folder: path.dirname(file) };
}

function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function corpusFolder(card: CorpusCard, folder: string | undefined, dir: string | undefined): Promise<string> {
  if (card.license.access === 'generated') return demoFolder(dir);
  if (dir !== undefined) return dir;
  const [table] = tableSources(card);
  if (folder !== undefined && table !== undefined) return path.dirname(path.resolve(folder, table.file));
  // A card of one's own may lie in the folder of its corpus.
  if (folder !== undefined && card.license.access === 'own') return folder;
  throw new InputError(
    `${card.name}: no folder given, expected the one that holds the corpus; see: ser data get ${card.name}`,
  );
}

async function read(
  card: CorpusCard,
  root: string,
  folder: string | undefined,
  dir: string | undefined,
): Promise<Reading> {
  switch (card.reader) {
    case 'files':
      return readFiles(root, card);
    case 'iemocap':
      return readIemocap(root);
    case 'msp-improv':
      return readMspImprov(root);
    case 'manifest': {
      // Tables lie in the folder given or beside the card; audio in the folder given, or else beside its table.
      const [table] = tableSources(card);
      const inDir = dir !== undefined && table !== undefined && (await isFile(path.resolve(dir, table.file)));
      return readTables(card, inDir || folder === undefined ? (dir ?? '.') : folder, dir);
    }
  }
}
