import { chunk } from './wav-bytes';

export interface AiffOptions {
  readonly bits?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  /** Makes an AIFF-C file. */
  readonly compression?: string;
  /** Bytes between the head of the SSND chunk and its samples. */
  readonly offset?: number;
  /** In place of what the samples amount to. */
  readonly frames?: number;
  readonly soundFirst?: boolean;
}

/** For tests: an AIFF or AIFF-C file around raw sample bytes. */
export function aiffBytes(samples: Uint8Array, options: AiffOptions = {}): Buffer {
  const { bits = 16, channels = 1, sampleRate = 16_000, compression, offset = 0 } = options;
  const common = Buffer.alloc(18);
  common.writeUInt16BE(channels, 0);
  common.writeUInt32BE(options.frames ?? samples.length / (channels * Math.ceil(bits / 8)), 2);
  common.writeUInt16BE(bits, 6);
  const exponent = Math.floor(Math.log2(sampleRate));
  common.writeUInt16BE(16_383 + exponent, 8);
  common.writeBigUInt64BE(BigInt(sampleRate) << BigInt(63 - exponent), 10);
  const head = Buffer.alloc(8 + offset);
  head.writeUInt32BE(offset, 0);
  const name = compression === undefined ? [] : [Buffer.from(compression, 'latin1'), Buffer.from([0, 0])];
  const parts = [
    chunk('COMM', Buffer.concat([common, ...name]), { bigEndian: true }),
    chunk('SSND', Buffer.concat([head, samples]), { bigEndian: true }),
  ];
  const kind = Buffer.from(compression === undefined ? 'AIFF' : 'AIFC');
  return chunk('FORM', Buffer.concat([kind, ...(options.soundFirst ? parts.reverse() : parts)]), { bigEndian: true });
}
