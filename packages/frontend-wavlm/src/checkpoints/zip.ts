import { InputError, messageOf } from '@ser/files';
import yauzl from 'yauzl';
import { LIMITS } from '../limits';
import { openFile } from '../plain-file';

/** An open zip, of which parts of entries are read. */
export interface Zip {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Name → bytes of an entry, unpacked. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Whether an entry is stored as it is. To read a part of a compressed one, all of it is unpacked. */
  isStored(name: string): boolean;
  /** Bytes `start` to `end` of an entry, aligned. */
  read(name: string, start: number, end: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Weights are noise to a compressor, which takes a tenth off them at most. A file whose entries unpack to several times
 * its size is made to fill the memory.
 */
const MOST_EXPANSION = 8;
const ALWAYS_ALLOWED = 2 ** 20;

/** @throws {InputError} when it is no zip, is damaged, or unpacks to more than weights do */
export async function openZip(path: string): Promise<Zip> {
  const file = await openFile(path);
  try {
    const zip = await yauzl
      .fromFdPromise(file.handle.fd, { lazyEntries: true, autoClose: false })
      .catch((error: unknown) => {
        throw new InputError(
          `${path}: no torch zip checkpoint (${messageOf(error)}); files of torch before 1.6 must be saved again`,
        );
      });
    const entries = await listEntries(zip, path);
    const unpacked = [...entries.values()].reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (unpacked > MOST_EXPANSION * file.size + ALWAYS_ALLOWED) {
      throw new InputError(
        `${path}: its entries unpack to ${unpacked} bytes, expected at most ${MOST_EXPANSION} times the file's ${file.size}`,
      );
    }
    const entryOf = (name: string): yauzl.Entry => {
      const entry = entries.get(name);
      if (!entry) throw new InputError(`${path}: holds no ${name}`);
      return entry;
    };
    const isStored = (name: string): boolean => entryOf(name).compressionMethod === 0;
    return {
      path,
      size: file.size,
      sizes: new Map([...entries].map(([name, { uncompressedSize }]) => [name, uncompressedSize])),
      isStored,
      read: async (name, start, end) => {
        const entry = entryOf(name);
        if (isStored(name)) return readEntry(zip, entry, { start, end }, end - start, path);
        return (await readEntry(zip, entry, {}, entry.uncompressedSize, path)).subarray(start, end);
      },
      close: () => file.handle.close(),
    };
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

function listEntries(zip: yauzl.ZipFile, path: string): Promise<Map<string, yauzl.Entry>> {
  return new Promise((resolve, reject) => {
    const damaged = (what: string): void => reject(new InputError(`${path}: damaged zip (${what})`));
    const entries = new Map<string, yauzl.Entry>();
    if (zip.entryCount > LIMITS.zipEntries) return damaged(`${zip.entryCount} entries`);
    zip.on('entry', (entry: yauzl.Entry) => {
      if (entries.has(entry.fileName)) return damaged('two entries of one name');
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error: Error) => damaged(error.message));
    zip.readEntry();
  });
}

function readEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  part: yauzl.ZipFileOptions,
  size: number,
  path: string,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new InputError(`${path}: damaged zip at ${entry.fileName} (${what})`));
    zip.openReadStream(entry, part, (error, stream) => {
      if (error) return fail(error.message);
      // Not from the shared pool: the result is aligned and may be kept as it is.
      const buffer = Buffer.from(new ArrayBuffer(size));
      let done = 0;
      stream.on('data', (chunk: Buffer) => {
        done += chunk.copy(buffer, done);
      });
      stream.on('error', (error) => fail(error.message));
      stream.on('end', () => (done === size ? resolve(buffer) : fail('ends early')));
    });
  });
}
