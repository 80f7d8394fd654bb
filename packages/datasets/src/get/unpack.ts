import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type Entry, open, type ZipFile } from 'yauzl';
import { InputError, makeFolder, messageOf } from '@ser/files';

/** An archive may hold this much, unpacked: many times the largest corpus here. */
const mostBytes = 200 * 2 ** 30;
/** Ten times what sound compresses to. */
const mostRatio = 100;

const linkMode = 0o120000;
const typeMask = 0o170000;

/**
 * Unpacks a zip file into a folder. Everything is checked and written beside it first, so that a broken or hostile
 * archive leaves nothing behind: no path outside the folder, no link, no more bytes than its directory says.
 *
 * @throws {InputError} naming the archive and the entry.
 */
export async function unpack(archive: string, folder: string): Promise<void> {
  makeFolder(folder);
  const staging = await mkdtemp(path.join(folder, '.unpacking-'));
  try {
    await extract(archive, staging);
    for (const name of await readdir(staging)) {
      const target = path.join(folder, name);
      if (await exists(target))
        throw new InputError(`${target}: is there already; move it away to unpack ${path.basename(archive)}`);
    }
    for (const name of await readdir(staging)) await rename(path.join(staging, name), path.join(folder, name));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function extract(archive: string, folder: string): Promise<void> {
  let zip: ZipFile;
  try {
    zip = await promisify<string, object, ZipFile>(open)(archive, {
      lazyEntries: true,
      strictFileNames: true,
      autoClose: false,
    });
  } catch (error) {
    throw new InputError(`${archive}: not a zip file: ${messageOf(error)}`);
  }
  try {
    const entries = await list(zip, archive);
    for (const entry of entries) {
      const target = path.resolve(folder, entry.fileName);
      if (entry.fileName.endsWith('/')) await mkdir(target, { recursive: true });
      else {
        await mkdir(path.dirname(target), { recursive: true });
        await write(zip, entry, target, archive);
      }
    }
  } finally {
    zip.close();
  }
}

/** All entries, none of them written unless all are harmless. */
function list(zip: ZipFile, archive: string): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = [];
    let bytes = 0;
    const refuse = (reason: string): void => reject(new InputError(`${archive}: ${reason}; nothing was unpacked`));
    zip.on('error', (error: Error) => refuse(error.message));
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      bytes += entry.uncompressedSize;
      const escapes =
        path.relative('/x', path.resolve('/x', entry.fileName)).startsWith('..') || path.isAbsolute(entry.fileName);
      // yauzl refuses such names itself; this stands should that ever change.
      if (escapes || entry.fileName.includes('\0'))
        refuse(`entry ${JSON.stringify(entry.fileName)} leads out of the folder`);
      else if (((entry.externalFileAttributes >>> 16) & typeMask) === linkMode)
        refuse(`entry ${entry.fileName} is a link`);
      else if (entry.isEncrypted()) refuse(`entry ${entry.fileName} is encrypted`);
      else if (bytes > mostBytes || entry.uncompressedSize > mostRatio * Math.max(entry.compressedSize, 2 ** 20)) {
        refuse(`entry ${entry.fileName} unpacks to ${entry.uncompressedSize} bytes, which no corpus does`);
      } else {
        entries.push(entry);
        zip.readEntry();
      }
    });
    zip.readEntry();
  });
}

async function write(zip: ZipFile, entry: Entry, target: string, archive: string): Promise<void> {
  let left = entry.uncompressedSize;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      done(left < 0 ? new Error('longer than its directory says') : null, chunk);
    },
  });
  try {
    const input = await promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))(entry);
    await pipeline(input, limit, createWriteStream(target, { flags: 'wx' }));
  } catch (error) {
    throw new InputError(`${archive}: entry ${entry.fileName} cannot be unpacked: ${messageOf(error)}`);
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
