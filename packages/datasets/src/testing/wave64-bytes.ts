/** For tests: a Sony Wave64 file with the chunks of a WAV file. */
export function wave64Bytes(wav: Buffer): Buffer {
  const guid = (id: string): Buffer =>
    Buffer.concat([
      Buffer.from(id.toLowerCase(), 'latin1'),
      Buffer.from(id === 'RIFF' ? '2e91cf11a5d628db04c10000' : 'f3acd3118cd100c04f8edb8a', 'hex'),
    ]);
  const sized = (id: string, body: Buffer): Buffer => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(24 + body.length));
    return Buffer.concat([guid(id), size, body, Buffer.alloc((8 - (body.length % 8)) % 8)]);
  };
  const chunks: Buffer[] = [guid('WAVE')];
  for (let at = 12; at + 8 <= wav.length;) {
    const size = wav.readUInt32LE(at + 4);
    chunks.push(sized(wav.toString('latin1', at, at + 4), wav.subarray(at + 8, at + 8 + size)));
    at += 8 + size + (size % 2);
  }
  return sized('RIFF', Buffer.concat(chunks));
}
