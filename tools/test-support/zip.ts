import { crc32 } from 'node:zlib';

/** An entry of a zip, with lies where they are given. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** 0: stored; `data` is then taken as it is. */
  readonly method?: number;
  /** What the directory says of the unpacked size; the truth for stored entries when absent. */
  readonly size?: number;
  /** What it says of the packed size. */
  readonly packed?: number;
  readonly flags?: number;
  /** Where the directory says that the entry begins. */
  readonly offset?: number;
}

/** @param entryCount what the end of the directory says */
export function zipOf(entries: readonly ZipEntry[], entryCount = entries.length): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name, data, method = 0, size = data.length, packed = data.length, flags = 0 } = entry;
    const fields = [20, flags, method, 0, 0].map(uint16);
    const sizes = [crc32(data), packed, size].map(uint32);
    const local = [
      uint32(0x04034b50),
      ...fields,
      ...sizes,
      uint16(Buffer.byteLength(name)),
      uint16(0),
      Buffer.from(name),
    ];
    directory.push(
      ...[uint32(0x02014b50), uint16(20), ...fields, ...sizes, uint16(Buffer.byteLength(name))],
      ...[0, 0, 0, 0].map(uint16),
      ...[uint32(0), uint32(entry.offset ?? at), Buffer.from(name)],
    );
    parts.push(...local, Buffer.from(data));
    at += [...local, data].reduce((sum, part) => sum + part.length, 0);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = uint16(entryCount);
  const end = [uint32(0x06054b50), uint16(0), uint16(0), count, count, uint32(size), uint32(at), uint16(0)];
  return Buffer.concat([...parts, ...directory, ...end]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}
