import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { oggCrc } from './ogg-crc';

/** A page of an Ogg file: whole, and with the checksum that it states. */
export interface OggPage {
  readonly bytes: Buffer;
  /** Which of the streams in the file it belongs to. */
  readonly serial: number;
  /** Its place in the stream, from 0. */
  readonly sequence: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Whether its last packet goes on in the next page. */
  readonly isOpen: boolean;
  /** Samples of the stream up to its end. */
  readonly granule: bigint;
  /** What is in it: packets, or parts of them. */
  readonly body: Buffer;
}

/** Bytes of the largest page: 255 segments of 255 bytes. */
export const largestPage = 27 + 255 + 255 * 255;

/** Bytes read at a time: more than one page. */
const step = 2 * 65_536;

/**
 * The page that starts at a place of a buffer, or why there is none: the buffer ends before it does, something else is
 * there, or it differs from its checksum.
 */
export function oggPageAt(buffer: Buffer, at: number): OggPage | 'cut' | 'other' | 'damaged' {
  if (!'OggS'.startsWith(buffer.toString('latin1', at, at + 4))) return 'other';
  const segments = buffer[at + 26];
  if (segments === undefined || at + 27 + segments > buffer.length) return 'cut';
  const start = at + 27 + segments;
  let end = start;
  for (let i = at + 27; i < start; i++) end += buffer[i] ?? 0;
  if (end > buffer.length) return 'cut';
  const bytes = buffer.subarray(at, end);
  if (oggCrc(bytes) !== bytes.readUInt32LE(22)) return 'damaged';
  const flags = bytes.readUInt8(5);
  return {
    bytes,
    serial: bytes.readUInt32LE(14),
    sequence: bytes.readUInt32LE(18),
    isFirst: (flags & 2) !== 0,
    isLast: (flags & 4) !== 0,
    isOpen: segments > 0 && buffer[start - 1] === 255,
    granule: bytes.readBigInt64LE(6),
    body: buffer.subarray(start, end),
  };
}

/** The kind of audio that a stream has, by its first packet. */
export function oggAudioKind({ body }: OggPage): 'vorbis' | 'opus' | undefined {
  if (body.toString('latin1', 0, 7) === '\x01vorbis') return 'vorbis';
  return body.toString('latin1', 0, 8) === 'OpusHead' ? 'opus' : undefined;
}

/**
 * The bytes of an Ogg file in order, some whole pages at a time. The decoders pass over what they cannot read, so
 * everything is checked before it goes to them: pages follow each other without a gap, have their checksums, and belong
 * to one stream of audio, beside which there may be others. A second one behind it (a chained file) is refused: the
 * decoders lose a part of it.
 *
 * A last page without the mark of the end is accepted: Android's own writer never sets it. A file that was cut exactly
 * between two pages cannot be told from such a one, unless a packet goes on.
 *
 * @throws {InputError} when something is missing or damaged.
 */
export async function* oggPages(source: ByteSource): AsyncGenerator<Buffer> {
  const last = new Map<number, OggPage>();
  for (let at = 0; at < source.size;) {
    const block = await source.read(at, step);
    let used = 0;
    while (used < block.length) {
      const page = oggPageAt(block, used);
      if (page === 'cut') break;
      if (page === 'other') throw new InputError(`no Ogg page at byte ${at + used}, expected one: damaged`);
      if (page === 'damaged') throw new InputError(`damaged: the Ogg page at byte ${at + used} has another checksum`);
      follow(last, page, at + used);
      used += page.bytes.length;
    }
    if (used === 0) throw new InputError(`truncated: the file ends within the Ogg page at byte ${at}`);
    yield block.subarray(0, used);
    at += used;
  }
  for (const { isOpen } of last.values())
    if (isOpen) throw new InputError('truncated: the last packet of its last Ogg page is not whole');
}

/** Puts a page after those before it. `last` has the latest page of each stream. */
function follow(last: Map<number, OggPage>, page: OggPage, at: number): void {
  const before = last.get(page.serial);
  if (page.isFirst) {
    // Streams side by side all begin before any of them goes on.
    const others = [...last.values()];
    if (others.some(({ isFirst }) => !isFirst) || (oggAudioKind(page) && others.some(oggAudioKind)))
      throw new InputError(
        `a second Ogg stream begins at byte ${at}, expected one; such a file has to be converted first`,
      );
  } else if (!before || before.isLast) {
    throw new InputError(`damaged: the Ogg page at byte ${at} belongs to no stream`);
  } else if (page.sequence !== (before.sequence + 1) % 2 ** 32) {
    throw new InputError(`damaged: at byte ${at} Ogg page ${page.sequence} follows page ${before.sequence}`);
  }
  last.set(page.serial, page);
}
