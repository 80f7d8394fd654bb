/** A matrix as NumPy writes it (version 1.0): float32, row by row, little-endian. */
export function npyFile(rows: readonly Float32Array[], columns: number): Uint8Array {
  const about = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${columns}), }`;
  // Magic, version and length take 10 bytes; the data begins at a multiple of 64.
  const length = Math.ceil((10 + about.length + 1) / 64) * 64 - 10;
  const bytes = Buffer.alloc(10 + length + 4 * rows.length * columns);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(length, 8);
  bytes.write(`${about.padEnd(length - 1)}\n`, 10, 'latin1');
  rows.forEach((row, i) => row.forEach((x, j) => bytes.writeFloatLE(x, 10 + length + 4 * (i * columns + j))));
  return bytes;
}
