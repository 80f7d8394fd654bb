import path from 'node:path';
import { type CorpusCard, validateCard } from './card';
import { card as shippedCard, cardNames } from './cards';
import type { Corpus, Reading } from './corpus';
import { demoFolder } from './demo/demo-folder';
import { InputError, parseJson, readText } from '@ser/files';
import { readIemocap } from './readers/iemocap';
import { readManifest } from './readers/manifest';
import { readMspImprov } from './readers/msp-improv';
import { readRavdess } from './readers/ravdess';
import { readSavee } from './readers/savee';
import { select } from './select';

/**
 * Opens a corpus: finds its files, reads its labels, and compares the counts with its card.
 *
 * @param nameOrCardPath A card of this package (`cardNames`) or the path of a card (.json) of your own.
 * @param dir Where the corpus is. The demo corpus is made in a cache folder without it; an own corpus is taken to be
 *   beside its manifest.
 * @throws {InputError} saying what was looked for and what was found instead.
 */
export async function openCorpus(
  nameOrCardPath: string,
  dir?: string,
  options: { readonly allowIncomplete?: boolean } = {},
): Promise<Corpus> {
  const { card, folder } = await findCard(nameOrCardPath);
  const root = await corpusFolder(card, folder, dir);
  const reading = await read(card, root, folder, dir);
  return select(card, root, reading, options.allowIncomplete ?? false);
}

/** No card is larger. */
const cardBytes = 4 * 2 ** 20;

/** A card by its name or path, and the folder of the path. */
export async function findCard(nameOrPath: string): Promise<{ card: CorpusCard; folder?: string }> {
  if (cardNames.includes(nameOrPath)) return { card: shippedCard(nameOrPath) };
  if (!nameOrPath.endsWith('.json')) return { card: shippedCard(nameOrPath) };
  const value = parseJson(await readText(nameOrPath, cardBytes), nameOrPath);
  return { card: validateCard(value, nameOrPath), folder: path.dirname(nameOrPath) };
}

async function corpusFolder(card: CorpusCard, folder: string | undefined, dir: string | undefined): Promise<string> {
  if (card.license.access === 'generated') return demoFolder(dir);
  if (dir !== undefined) return dir;
  if (card.manifest !== undefined) return path.dirname(path.resolve(folder ?? '.', card.manifest));
  throw new InputError(
    `${card.name}: no folder given, expected the one that holds the corpus; see: ser data get ${card.name}`,
  );
}

function read(card: CorpusCard, root: string, folder: string | undefined, dir: string | undefined): Promise<Reading> {
  switch (card.reader) {
    case 'ravdess':
      return readRavdess(root);
    case 'iemocap':
      return readIemocap(root);
    case 'msp-improv':
      return readMspImprov(root);
    case 'savee':
      return readSavee(root);
    case 'manifest':
      // Audio paths are relative to the folder given, or else to the manifest.
      return readManifest(path.resolve(folder ?? '.', card.manifest ?? ''), dir);
  }
}
