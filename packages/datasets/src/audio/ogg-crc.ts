/** The polynomial of Ogg, with its highest bit first: zlib has the mirrored one. */
const polynomial = 0x04c11db7;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? polynomial : 0);
  return crc;
});

/** The checksum of a whole Ogg page, whose own checksum field (bytes 22 to 25) counts as zero. */
export function oggCrc(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < 22; i++) crc = (crc << 8) ^ (table[(crc >>> 24) ^ (page[i] ?? 0)] ?? 0);
  for (let i = 22; i < 26; i++) crc = (crc << 8) ^ (table[crc >>> 24] ?? 0);
  for (let i = 26; i < page.length; i++) crc = (crc << 8) ^ (table[(crc >>> 24) ^ (page[i] ?? 0)] ?? 0);
  return crc >>> 0;
}
