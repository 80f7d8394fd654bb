import path from 'node:path';
import type { CorpusCard } from '../card';
import { demoFolder } from '../demo/demo-folder';
import { download, type DownloadOptions, InputError, isInputError, takeLease } from '@ser/files';
import { findCard, openCorpus } from '../open-corpus';
import { unpack } from './unpack';

/**
 * Gets what may be got: downloads, checks and unpacks an open corpus, makes the demo, and for a corpus that its owners
 * give out says where to ask and what to unpack where.
 *
 * @returns What to tell the user, a line each.
 */
export async function getCorpus(
  nameOrCardPath: string,
  dir: string | undefined,
  options: DownloadOptions = {},
): Promise<string[]> {
  const { card } = await findCard(nameOrCardPath);
  switch (card.license.access) {
    case 'generated':
      return [`${card.name} is in ${await demoFolder(dir)}`];
    case 'on-request':
    case 'own':
      return howToGet(card);
    case 'open':
      if (dir === undefined)
        throw new InputError(`${card.name}: no folder given, expected --data-dir, the folder to download into`);
      return fetchOpen(card, nameOrCardPath, dir, options);
  }
}

/** Where to ask for a corpus, under what licence, and what to unpack where. */
export function howToGet(card: CorpusCard): string[] {
  const { license, source } = card;
  return [
    `${card.title}`,
    `licence: ${license.name}${license.url === undefined ? '' : ` (${license.url})`}`,
    ...(source.request === undefined ? [] : [`ask: ${source.request}`]),
    ...(source.unpack === undefined ? [] : [`unpack: ${source.unpack}`]),
    `then: ser data check ${card.name} --data-dir <folder>`,
    `cite: ${source.citation}`,
  ];
}

async function fetchOpen(card: CorpusCard, name: string, dir: string, options: DownloadOptions): Promise<string[]> {
  const root = path.resolve(dir);
  if (await isThere(name, root)) return [`${card.name} is in ${root} already`];
  const archives = card.source.archives ?? [];
  if (archives.length === 0) throw new InputError(`${card.name}: its card lists no archives to download`);
  const lease = await takeLease(path.join(root, '.ser-get.lock'), { purpose: `downloads ${card.name}` });
  try {
    for (const archive of archives) {
      const file = path.join(root, archive.file);
      await download({ ...archive, name: archive.file }, file, options);
      await unpack(file, root);
    }
  } finally {
    lease.release();
  }
  const corpus = await openCorpus(name, root);
  return [
    `${card.name}: ${corpus.utterances.length} utterances in ${root}`,
    `licence: ${card.license.name}${card.license.note === undefined ? '' : `; ${card.license.note}`}`,
    `cite: ${card.source.citation}`,
    `the downloaded ${archives.map(({ file }) => file).join(', ')} may be deleted`,
  ];
}

async function isThere(name: string, root: string): Promise<boolean> {
  return openCorpus(name, root).then(
    () => true,
    (error: unknown) => {
      if (isInputError(error)) return false;
      throw error;
    },
  );
}
