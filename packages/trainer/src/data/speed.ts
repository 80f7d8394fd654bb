/**
 * Plays a waveform faster or slower: duration, pitch and formants change together, as if another speaker had spoken
 * (speed perturbation, Ko et al. 2015). Cubic Hermite interpolation: speech has little near the Nyquist frequency.
 *
 * @param factor above 1 is faster, shorter and higher
 * @returns `playedSamples(wave.length, factor)` samples
 */
export function changeSpeed(wave: Float32Array, factor: number): Float32Array {
  if (factor === 1) return wave;
  const last = wave.length - 1;
  const at = (i: number): number => wave[Math.min(Math.max(i, 0), last)] ?? 0;
  return Float32Array.from({ length: playedSamples(wave.length, factor) }, (_, k) => {
    const position = k * factor;
    const i = Math.floor(position);
    const t = position - i;
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  });
}

/** Length of `samples` samples played at another speed. */
export const playedSamples = (samples: number, factor: number): number => Math.max(1, Math.floor(samples / factor));
