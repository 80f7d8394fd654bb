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
  const out = new Float32Array(playedSamples(wave.length, factor));
  // Plain loops: this runs for most samples of an epoch, beside a step that wants the processor.
  for (let k = 0; k < out.length; k++) {
    const position = k * factor;
    const i = Math.floor(position);
    const t = position - i;
    const a = wave[i > 0 ? i - 1 : 0] ?? 0;
    const b = wave[i] ?? 0;
    const c = wave[i < last ? i + 1 : last] ?? 0;
    const d = wave[i + 1 < last ? i + 2 : last] ?? 0;
    out[k] = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }
  return out;
}

/** Length of `samples` samples played at another speed. */
export const playedSamples = (samples: number, factor: number): number => Math.max(1, Math.floor(samples / factor));
