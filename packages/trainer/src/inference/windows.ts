/** A stretch of a recording, in samples. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * Windows of `length` samples, each starting half a length after the one before; the last ends with the recording. A
 * recording that is not longer than `length` is one window.
 */
export function windowsOf(samples: number, length: number): Window[] {
  if (samples <= length) return [{ start: 0, end: samples }];
  const hop = Math.max(1, Math.floor(length / 2));
  const count = Math.ceil((samples - length) / hop) + 1;
  return Array.from({ length: count }, (_, i) => {
    const start = Math.min(i * hop, samples - length);
    return { start, end: start + length };
  });
}
