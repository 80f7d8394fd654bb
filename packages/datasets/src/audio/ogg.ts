import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { largestPage, oggAudioKind, type OggPage, oggPageAt } from './ogg-pages';
import { checkRate } from './wav-header';

/** What is known of an Ogg Vorbis or Ogg Opus file before it is decoded. */
export interface OggHeader {
  readonly container: 'vorbis' | 'opus';
  readonly channels: number;
  /** Hz, of what is decoded: 48,000 for Opus. */
  readonly sampleRate: number;
  /** Samples per channel as the last page says; 0 where only decoding tells. */
  readonly frames: number;
}

/**
 * The header of an Ogg file, from its first page and its last.
 *
 * @throws {InputError} for anything but Vorbis and Opus, and for a file that does not end with a page.
 */
export async function readOggHeader(source: ByteSource): Promise<OggHeader> {
  const last = await lastPage(source);
  const first = oggPageAt(await source.read(0, 512), 0);
  if (first === 'damaged') throw new InputError('damaged: its first Ogg page has another checksum');
  if (first === 'cut' || first === 'other') throw new InputError('an Ogg file of neither Vorbis nor Opus audio');
  const header = audioHeader(first);
  checkRate(header.sampleRate);
  if (header.channels < 1 || header.channels > 8) throw new InputError(`${header.channels} channels, expected 1 to 8`);
  // A stream that is not the first one counts its samples from its own start.
  const isKnown = first.serial === last.serial && last.granule > 0n && last.granule < 2n ** 48n;
  return { ...header, frames: isKnown ? Math.max(0, Number(last.granule) - header.skip) : 0 };
}

/** What the first packet says; `skip` are samples at the start that are not heard. */
function audioHeader(first: OggPage): Omit<OggHeader, 'frames'> & { readonly skip: number } {
  const { body } = first;
  const kind = oggAudioKind(first);
  if (kind === 'vorbis' && body.length >= 16)
    return { container: kind, channels: body.readUInt8(11), sampleRate: body.readUInt32LE(12), skip: 0 };
  if (kind === 'opus' && body.length >= 12)
    return { container: kind, channels: body.readUInt8(9), sampleRate: 48_000, skip: body.readUInt16LE(10) };
  throw new InputError('an Ogg file of neither Vorbis nor Opus audio');
}

/** The page that ends where the file does. The four letters of its start may also be somewhere in the sound. */
async function lastPage(source: ByteSource): Promise<OggPage> {
  const tail = await source.read(Math.max(0, source.size - largestPage), largestPage);
  for (let at = tail.lastIndexOf('OggS'); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf('OggS', at - 1)) {
    const page = oggPageAt(tail, at);
    if (typeof page === 'object' && at + page.bytes.length === tail.length) return page;
  }
  throw new InputError('truncated or damaged: it does not end with a whole Ogg page');
}
