import type { Refuse } from './pickle-values';

/** Reads a pickle's bytes from front to back. */
export interface PickleCursor {
  byte(): number;
  uint16(): number;
  uint32(): number;
  int32(): number;
  /** Big-endian, as pickles store it. */
  float64(): number;
  /** A whole number in two's complement of so many bytes; one beyond float64 comes out rounded. */
  long(size: number): number;
  /** UTF-8 of so many bytes. */
  text(size: number): string;
  /** UTF-8 up to the next line feed. */
  line(): string;
  skip(size: number): void;
}

export function createCursor(bytes: Uint8Array, refuse: Refuse): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  const take = (size: number): number => {
    const start = at;
    if (start + size > bytes.length) refuse('a pickle that ends early');
    at += size;
    return start;
  };
  const text = (size: number): string => {
    const start = take(size);
    try {
      return decoder.decode(bytes.subarray(start, start + size));
    } catch {
      return refuse('a string that is not UTF-8');
    }
  };
  return {
    byte: () => view.getUint8(take(1)),
    uint16: () => view.getUint16(take(2), true),
    uint32: () => view.getUint32(take(4), true),
    int32: () => view.getInt32(take(4), true),
    float64: () => view.getFloat64(take(8), false),
    long: (size) => {
      const start = take(size);
      let value = 0n;
      for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(start + i));
      return Number(BigInt.asIntN(size * 8, value));
    },
    text,
    line: () => {
      const end = bytes.indexOf(0x0a, at);
      if (end < 0) return refuse('a pickle that ends early');
      const line = text(end - at);
      take(1);
      return line;
    },
    skip: (size) => void take(size),
  };
}
