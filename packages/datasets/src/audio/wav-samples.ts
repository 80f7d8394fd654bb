import { decode } from 'node-wav';
import * as wavefile from 'wavefile';
import { InputError } from '@ser/files';
import type { ByteSource } from './byte-source';
import type { WavHeader } from './wav-header';

// Its CommonJS exports are not seen by Node's ES module loader, but for `default`.
const { WaveFile } = 'default' in wavefile ? (wavefile.default as typeof wavefile) : wavefile;

/**
 * Samples of a WAV file by channel, full scale at ±1: an integer of n bits is divided by 2^(n-1).
 *
 * node-wav decodes 16- and 32-bit integers and floats. It is given a header of our own around samples that are known to
 * be there, because it reads past the end of truncated and streamed files, does not know EXTENSIBLE and needs an
 * aligned buffer. wavefile decodes what node-wav gets wrong or does not know: 24 bits (-2^23 comes out positive),
 * 8 bits (off by up to 1/128), A-law and mu-law.
 *
 * @param frames First and last frame (exclusive) to read.
 */
export async function readWavSamples(
  source: ByteSource,
  header: WavHeader,
  frames: readonly [number, number],
): Promise<Float32Array[]> {
  const block = header.width * header.channels;
  const data = await source.read(header.dataOffset + frames[0] * block, (frames[1] - frames[0]) * block);
  if (data.length < (frames[1] - frames[0]) * block) throw new InputError('ends while it is being read');
  const bytes = canonical(header, data);
  const length = frames[1] - frames[0];
  const byNodeWav =
    header.encoding === 'float' || (header.encoding === 'integer' && (header.width === 2 || header.width === 4));
  return byNodeWav ? withNodeWav(header, bytes) : withWavefile(header, bytes, length);
}

function withNodeWav(header: WavHeader, bytes: Buffer): Float32Array[] {
  const channels = [...decode(bytes).channelData];
  if (header.encoding === 'integer' && header.width === 2) {
    // node-wav divides positive samples by 32767 and negative ones by 32768: a second harmonic at -96 dB.
    const { round } = Math;
    for (const channel of channels) {
      for (let i = 0; i < channel.length; i++) {
        const x = channel[i] ?? 0;
        if (x > 0) channel[i] = round(x * 32767) / 32768;
      }
    }
  }
  return channels;
}

function withWavefile(header: WavHeader, bytes: Buffer, length: number): Float32Array[] {
  const wav = new WaveFile(bytes);
  if (header.encoding === 'a-law') wav.fromALaw();
  if (header.encoding === 'mu-law') wav.fromMuLaw();
  const samples: ArrayLike<number> = wav.getSamples(true);
  // wavefile gives 8 bits unsigned.
  const [offset, scale] =
    header.encoding !== 'integer' ? [0, 2 ** -15] : header.width === 1 ? [-128, 2 ** -7] : [0, 2 ** -23];
  return Array.from({ length: header.channels }, (_, c) => {
    // Not the length of what came back: wavefile takes the padding byte of an odd chunk for a sample.
    const channel = new Float32Array(length);
    for (let i = 0; i < channel.length; i++) channel[i] = ((samples[i * header.channels + c] ?? 0) + offset) * scale;
    return channel;
  });
}

/** The samples in a little-endian WAV file with the plainest header there is. */
function canonical(header: WavHeader, data: Buffer): Buffer {
  const block = header.width * header.channels;
  // Not from Buffer's pool, and samples from byte 48: node-wav lays typed arrays of up to 8 bytes over it.
  const out = Buffer.from(new ArrayBuffer(48 + data.length + (data.length % 2)));
  out.write('RIFF', 0, 'latin1');
  out.writeUInt32LE(out.length - 8, 4);
  out.write('WAVEfmt ', 8, 'latin1');
  out.writeUInt32LE(20, 16);
  out.writeUInt16LE({ integer: 1, float: 3, 'a-law': 6, 'mu-law': 7 }[header.encoding], 20);
  out.writeUInt16LE(header.channels, 22);
  out.writeUInt32LE(header.sampleRate, 24);
  out.writeUInt32LE(header.sampleRate * block, 28);
  out.writeUInt16LE(block, 32);
  out.writeUInt16LE(8 * header.width, 34);
  out.write('data', 40, 'latin1');
  out.writeUInt32LE(data.length, 44);
  data.copy(out, 48);
  if (header.bigEndian) swap(out.subarray(48, 48 + data.length), header.width);
  if (header.signedBytes && header.encoding === 'integer' && header.width === 1)
    for (let i = 48; i < 48 + data.length; i++) out[i] = (out[i] ?? 0) ^ 0x80;
  return out;
}

function swap(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
  else if (width === 3)
    for (let i = 0; i + 2 < bytes.length; i += 3) [bytes[i], bytes[i + 2]] = [bytes[i + 2] ?? 0, bytes[i] ?? 0];
}
