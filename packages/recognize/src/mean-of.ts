/** The mean of channels of one length. */
export function meanOf([first = new Float32Array(0), ...others]: readonly Float32Array[]): Float32Array {
  if (others.length === 0) return first;
  return first.map((x, i) => others.reduce((sum, channel) => sum + (channel[i] ?? 0), x) / (others.length + 1));
}
