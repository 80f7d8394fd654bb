/**
 * Reads a plain WAV file (PCM, 16 bit) exactly: the mean of its channels, full scale at ±1. Browsers decode what is
 * positive a little louder (by 1/32,767 of full scale instead of 1/32,768).
 *
 * @returns undefined for any other file, or another rate: the browser reads those
 */
export function readPcmWav(bytes: ArrayBuffer, sampleRate: number): Float32Array | undefined {
  const view = new DataView(bytes);
  const name = (at: number): string => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  if (bytes.byteLength < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE') return undefined;
  let channels = 0;
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const [chunk, size, start] = [name(at), view.getUint32(at + 4, true), at + 8];
    if (start + size > bytes.byteLength) return undefined;
    if (chunk === 'fmt ') {
      const [format, rate, bits] = [
        view.getUint16(start, true),
        view.getUint32(start + 4, true),
        view.getUint16(start + 14, true),
      ];
      if (format !== 1 || rate !== sampleRate || bits !== 16) return undefined;
      channels = view.getUint16(start + 2, true);
    }
    if (chunk === 'data') {
      if (channels === 0) return undefined;
      return Float32Array.from({ length: Math.floor(size / 2 / channels) }, (_, i) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += view.getInt16(start + 2 * (i * channels + c), true);
        return sum / channels / 32_768;
      });
    }
    at = start + size + (size % 2);
  }
  return undefined;
}
