// The package types its CRC-32 alone; CRC-32C has the same interface.
declare module 'crc-32/crc32c.js' {
  const crc32c: {
    /** CRC-32C of bytes, as a signed 32-bit integer. */
    buf(bytes: Uint8Array, seed?: number): number;
  };
  export default crc32c;
}
