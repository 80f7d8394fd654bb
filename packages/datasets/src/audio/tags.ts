import type { ByteSource } from './byte-source';

/** Four bytes of seven bits each. */
const sevenBits = (bytes: Buffer, at: number): number =>
  [0, 1, 2, 3].reduce((sum, i) => sum * 128 + ((bytes[at + i] ?? 0) & 0x7f), 0);

/** Bytes of the ID3v2 tag at the start of a buffer, with its header and footer; 0 if there is none. */
export function id3Size(head: Buffer): number {
  if (head.toString('latin1', 0, 3) !== 'ID3' || head.length < 10) return 0;
  return 10 + sevenBits(head, 6) + (head.readUInt8(5) & 0x10 ? 10 : 0);
}

/** Where a file ends without the tags behind its audio: ID3, APE and Lyrics3, in any order. */
export async function endWithoutTags(source: ByteSource): Promise<number> {
  for (let end = source.size; ;) {
    const from = Math.max(0, end - 128);
    const size = trailingTag(await source.read(from, end - from));
    if (size === 0 || size > end) return end;
    end -= size;
  }
}

/** Bytes of the tag that the last 128 bytes of a file are, or are the end of; 0 if they are none. */
function trailingTag(tail: Buffer): number {
  const text = tail.toString('latin1');
  const n = tail.length;
  if (n === 128 && text.startsWith('TAG')) return 128;
  if (n >= 32 && text.startsWith('APETAGEX', n - 32))
    return tail.readUInt32LE(n - 20) + (tail.readUInt32LE(n - 12) & 0x80000000 ? 32 : 0);
  const lyrics = /(\d{6})LYRICS200$/.exec(text)?.[1];
  if (lyrics !== undefined) return Number(lyrics) + 15;
  return n >= 10 && text.startsWith('3DI', n - 10) ? sevenBits(tail, n - 4) + 20 : 0;
}
