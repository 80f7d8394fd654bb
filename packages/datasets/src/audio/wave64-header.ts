import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { emptyAudio } from './empty-audio';
import { mostChunks, parseFormat, type WavHeader } from './wav-header';

/** Names of chunks are GUIDs: four letters, and the same end for all but the first. */
const suffix = 'f3acd3118cd100c04f8edb8a';
const guid = (id: string): string => Buffer.from(id, 'latin1').toString('hex') + suffix;

/**
 * Reads the header of a Sony Wave64 file: WAV with sizes of 64 bits, which count the chunk's own header of 24 bytes, and
 * chunks that start at multiples of eight.
 *
 * @throws {InputError} saying what was expected.
 */
export async function readWave64Header(source: ByteSource): Promise<WavHeader> {
  const start = await source.read(0, 40);
  if (start.length < 40 || start.toString('hex', 24, 40) !== guid('wave'))
    throw new InputError('Wave64 file that is not WAVE audio');
  let format: ReturnType<typeof parseFormat> | undefined;
  let chunks = 0;
  for (let at = 40; at + 24 <= source.size;) {
    if (++chunks > mostChunks) throw new InputError(`more than ${mostChunks} chunks before the audio`);
    const head = await source.read(at, 24);
    const id = head.toString('hex', 0, 16);
    const size = Number(head.readBigUInt64LE(16)) - 24;
    if (size < 0) throw new InputError(`a chunk of ${size + 24} bytes, expected at least 24`);
    const body = at + 24;
    if (id === guid('fmt ')) {
      if (size < 16) throw new InputError(`fmt chunk of ${size} bytes, expected at least 16`);
      const bytes = await source.read(body, Math.min(size, 40));
      format = parseFormat(
        bytes,
        size,
        (b, offset) => b.readUInt16LE(offset),
        (b, offset) => b.readUInt32LE(offset),
      );
    } else if (id === guid('data')) {
      if (!format) throw new InputError('no fmt chunk before the data chunk');
      const there = source.size - body;
      if (size > there)
        throw new InputError(`truncated: its header promises ${size} bytes of audio, ${there} are there`);
      if (await hasData(source, body + 8 * Math.ceil(size / 8))) throw new InputError('two data chunks, expected one');
      const frames = Math.floor(size / (format.width * format.channels));
      if (frames === 0) throw emptyAudio('no audio in its data chunk');
      return { container: 'wave64', ...format, frames, dataOffset: body, bigEndian: false };
    }
    at = body + 8 * Math.ceil(size / 8);
  }
  throw new InputError(format ? 'no data chunk' : 'no fmt and no data chunk');
}

/** Whether a data chunk is there, or behind other chunks. */
async function hasData(source: ByteSource, from: number): Promise<boolean> {
  for (let at = from, chunks = 0; at + 24 <= source.size && chunks < mostChunks; chunks++) {
    const head = await source.read(at, 24);
    if (head.toString('hex', 0, 16) === guid('data')) return true;
    const size = Number(head.readBigUInt64LE(16));
    if (size < 24) return false;
    at += 8 * Math.ceil(size / 8);
  }
  return false;
}
