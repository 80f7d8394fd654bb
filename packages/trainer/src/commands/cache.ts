import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { cacheFolder, errorCode, fileError, InputError } from '@ser/files';
import { textTable } from '../report/text-table';

/** What the cache folder holds; all of it can be made or fetched again. */
const kinds = {
  features: 'features of frozen encoders',
  onnx: 'compiled encoders',
  models: 'encoders from the hub',
} as const;
type Kind = keyof typeof kinds;

const isKind = (word: string): word is Kind => Object.hasOwn(kinds, word);

/** `ser cache info|clear`: how large the cache is, and a way to empty it. */
export function cacheCommand(): Command {
  const command = new Command('cache').description(
    'what is kept to be used again: features, compiled encoders, downloads',
  );
  command.command('info').description('where the cache is, and how much each part of it takes').action(info);
  command
    .command('clear')
    .description('remove parts of the cache; they are made or fetched again when needed')
    .argument('[parts...]', `of ${Object.keys(kinds).join(', ')}`, ['features', 'onnx'])
    .action(clear);
  return command;
}

async function info(): Promise<void> {
  const folder = cacheFolder();
  const rows: string[][] = [];
  for (const [kind, what] of Object.entries(kinds)) {
    const { files, bytes } = await sizeOf(join(folder, kind));
    rows.push([kind, what, String(files), (bytes / 1e9).toFixed(2)]);
  }
  process.stdout.write(`${folder}\n${textTable(['part', 'what', 'files', 'GB'], rows, 2)}\n`);
}

async function clear(parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    if (!isKind(part)) throw new InputError(`cache clear ${part}: expected some of ${Object.keys(kinds).join(', ')}`);
  }
  for (const part of parts) {
    const path = join(cacheFolder(), part);
    const { files, bytes } = await sizeOf(path);
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      throw fileError(error, path);
    });
    process.stdout.write(`${part}: ${files} files removed, ${(bytes / 1e9).toFixed(2)} GB\n`);
  }
}

async function sizeOf(path: string): Promise<{ files: number; bytes: number }> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const sizes = await Promise.all(
      // A file may go while another process tidies up.
      entries
        .filter((entry) => entry.isFile())
        .map((entry) =>
          stat(join(entry.parentPath, entry.name)).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
    );
    return { files: sizes.length, bytes: sizes.reduce((a, b) => a + b, 0) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { files: 0, bytes: 0 };
    throw fileError(error, path);
  }
}
