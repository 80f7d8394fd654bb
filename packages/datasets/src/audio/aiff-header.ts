import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import { emptyAudio } from './empty-audio';
import { checkRate, mostChunks, type WavHeader } from './wav-header';

/** How the samples of AIFF-C are stored, by the name of their compression; plain AIFF has NONE. */
const forms: Readonly<Record<string, Pick<WavHeader, 'encoding' | 'bigEndian'> & { readonly width?: number }>> = {
  NONE: { encoding: 'integer', bigEndian: true },
  twos: { encoding: 'integer', bigEndian: true },
  sowt: { encoding: 'integer', bigEndian: false },
  in24: { encoding: 'integer', bigEndian: true, width: 3 },
  in32: { encoding: 'integer', bigEndian: true, width: 4 },
  fl32: { encoding: 'float', bigEndian: true, width: 4 },
  FL32: { encoding: 'float', bigEndian: true, width: 4 },
  fl64: { encoding: 'float', bigEndian: true, width: 8 },
  FL64: { encoding: 'float', bigEndian: true, width: 8 },
  alaw: { encoding: 'a-law', bigEndian: true, width: 1 },
  ALAW: { encoding: 'a-law', bigEndian: true, width: 1 },
  ulaw: { encoding: 'mu-law', bigEndian: true, width: 1 },
  ULAW: { encoding: 'mu-law', bigEndian: true, width: 1 },
};

type Common = Omit<WavHeader, 'container' | 'dataOffset'>;

/**
 * Reads the header of an AIFF or AIFF-C file: its COMM and SSND chunks, in either order.
 * @throws {InputError} saying what was expected.
 */
export async function readAiffHeader(source: ByteSource): Promise<WavHeader> {
  const form = (await source.read(8, 4)).toString('latin1');
  if (form !== 'AIFF' && form !== 'AIFC') throw new InputError('IFF file that is not AIFF audio');
  let common: Common | undefined;
  let sound: { readonly offset: number; readonly bytes: number } | undefined;
  let chunks = 0;
  for (let at = 12; at + 8 <= source.size && !(common && sound);) {
    if (++chunks > mostChunks) throw new InputError(`more than ${mostChunks} chunks`);
    const head = await source.read(at, 8);
    const id = head.toString('latin1', 0, 4);
    const size = head.readUInt32BE(4);
    if (id === 'COMM') common = parseCommon(await source.read(at + 8, Math.min(size, 22)), form);
    if (id === 'SSND') {
      const start = await source.read(at + 8, 8);
      if (start.length < 8) throw new InputError('ends within its SSND chunk');
      const skip = start.readUInt32BE(0);
      sound = { offset: at + 16 + skip, bytes: size - 8 - skip };
    }
    at += 8 + size + (size % 2);
  }
  if (!common || !sound) throw new InputError(`no ${common ? 'SSND' : 'COMM'} chunk`);
  const stated = common.frames * common.channels * common.width;
  const there = Math.min(sound.bytes, source.size - sound.offset);
  if (stated > there)
    throw new InputError(`truncated: its header promises ${stated} bytes of audio, ${Math.max(0, there)} are there`);
  return { container: 'aiff', ...common, dataOffset: sound.offset };
}

function parseCommon(b: Buffer, form: string): Common {
  const least = form === 'AIFC' ? 22 : 18;
  if (b.length < least) throw new InputError(`COMM chunk of ${b.length} bytes, expected at least ${least}`);
  const channels = b.readUInt16BE(0);
  const frames = b.readUInt32BE(2);
  const bits = b.readUInt16BE(6);
  const compression = form === 'AIFC' ? b.toString('latin1', 18, 22) : 'NONE';
  const stored = forms[compression];
  if (!stored)
    throw new InputError(
      `AIFF-C audio compressed as ${JSON.stringify(compression)}, expected PCM, float, A-law or mu-law`,
    );
  if (channels < 1) throw new InputError('0 channels, expected at least 1');
  if (frames === 0) throw emptyAudio('no audio in it');
  if (bits < 1 || bits > 64 || (stored.encoding === 'integer' && bits > 32))
    throw new InputError(`${bits}-bit ${stored.encoding} samples, expected 1 to 32`);
  const sampleRate = extended(b.subarray(8, 18));
  checkRate(sampleRate);
  // Samples that fill no whole number of bytes stand in the upper bits.
  const { encoding, bigEndian, width = Math.ceil(bits / 8) } = stored;
  return { encoding, bigEndian, width, channels, frames, sampleRate, signedBytes: true };
}

/** A number of 80 bits: sign and exponent in 16, a mantissa of 64 with its leading one. */
function extended(b: Buffer): number {
  const exponent = b.readUInt16BE(0) & 0x7fff;
  // A rate of audio is below 2^20: beyond 2^62 there is nothing to be computed.
  return exponent > 16_383 + 62 ? Infinity : Math.round(Number(b.readBigUInt64BE(2)) * 2 ** (exponent - 16_383 - 63));
}
