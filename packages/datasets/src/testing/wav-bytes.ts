/** How a WAV file for a test is to look; every part of the header can be made wrong. */
export interface WavOptions {
  readonly tag?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly block?: number;
  readonly extensible?: boolean;
  readonly bigEndian?: boolean;
  readonly riffSize?: number;
  readonly dataSize?: number;
  /** Chunks between `fmt ` and `data`, with their padding byte if they are to have one. */
  readonly between?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
}

/** A chunk with its header, padded to an even length unless told not to. */
export function chunk(
  id: string,
  body: Uint8Array,
  options: { bigEndian?: boolean; size?: number; pad?: boolean } = {},
): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head[options.bigEndian ? 'writeUInt32BE' : 'writeUInt32LE'](options.size ?? body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(options.pad !== false ? body.length % 2 : 0)]);
}

/** A WAV file around raw sample bytes. */
export function wavBytes(samples: Uint8Array, options: WavOptions = {}): Buffer {
  const { tag = 1, bits = 16, channels = 1, sampleRate = 16_000, bigEndian = false } = options;
  const block = options.block ?? channels * Math.ceil(bits / 8);
  const format = Buffer.alloc(options.extensible ? 40 : 16);
  const u16 = (value: number, at: number): number => format[bigEndian ? 'writeUInt16BE' : 'writeUInt16LE'](value, at);
  const u32 = (value: number, at: number): number => format[bigEndian ? 'writeUInt32BE' : 'writeUInt32LE'](value, at);
  u16(options.extensible ? 0xfffe : tag, 0);
  u16(channels, 2);
  u32(sampleRate, 4);
  u32(sampleRate * block, 8);
  u16(block, 12);
  u16(bits, 14);
  if (options.extensible) {
    u16(22, 16);
    u16(bits, 18);
    u32(tag, 24);
    Buffer.from('00001000800000aa00389b71', 'hex').copy(format, 28);
  }
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', format, { bigEndian }),
    ...(options.between ?? []),
    chunk('data', samples, { bigEndian, ...(options.dataSize !== undefined && { size: options.dataSize }) }),
    ...(options.after ?? []),
  ]);
  return chunk(bigEndian ? 'RIFX' : 'RIFF', body, { bigEndian, size: options.riffSize ?? body.length, pad: false });
}

/** 16-bit little-endian samples. */
export function int16(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) out.writeInt16LE(value, 2 * i);
  return out;
}

/** A short tone as a 16-bit WAV file at 16 kHz; different frequencies make different files. */
export function toneWav(frequency = 440, seconds = 0.1): Buffer {
  const values = Array.from({ length: Math.round(seconds * 16_000) }, (_, n) =>
    Math.round(12_000 * Math.sin((2 * Math.PI * frequency * n) / 16_000)),
  );
  return wavBytes(int16(...values));
}
