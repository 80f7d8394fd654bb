import crc32c from 'crc-32/crc32c.js';

/**
 * One record of a TFRecord file: length (uint64, little endian), masked CRC-32C of the length, the data, masked CRC-32C
 * of the data.
 */
export function record(data: Uint8Array): Buffer {
  const frame = Buffer.alloc(12 + data.length + 4);
  frame.writeBigUInt64LE(BigInt(data.length), 0);
  frame.writeUInt32LE(maskedCrc(frame.subarray(0, 8)), 8);
  frame.set(data, 12);
  frame.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return frame;
}

/** CRC-32C rotated right by 15 bits plus a constant: TFRecord's guard for files that hold checksums themselves. */
export function maskedCrc(data: Uint8Array): number {
  const crc = crc32c.buf(data) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
