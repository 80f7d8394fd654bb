import { InputError } from './input-error';

/** What {@link labelAdaptiveMix} made. */
export interface LabelAdaptiveMix {
  /** Half of both signals, as long as the longer one. */
  waveform: Float32Array;
  /** Weight of the second signal's label: its share of the two lengths. */
  lambda: number;
}

/**
 * Label-adaptive mixup (LAM; Kang et al., ICASSP 2023), the method that energy-adaptive mixup is compared with:
 *
 *     x_mix = (a + b) / 2,   λ = l_b / (l_a + l_b),   y_mix = (1 − λ) y_a + λ y_b   (see `mixLabels`)
 *
 * Whole signals, aligned at their first sample. The authors pad both to one fixed length before the sum; here the
 * shorter one is continued with silence, so the mix is as long as the longer signal and its tail is half of that alone.
 * They also divide each signal by its peak first, and crop it to 6.25 s: both are left to the caller.
 *
 * @param a mono samples [l_a]
 * @param b mono samples [l_b]
 * @throws InputError if a signal is empty.
 */
export function labelAdaptiveMix(a: Float32Array, b: Float32Array): LabelAdaptiveMix {
  if (a.length === 0 || b.length === 0) {
    throw new InputError(`both signals must hold samples, got ${a.length} and ${b.length}`);
  }
  const waveform = new Float32Array(Math.max(a.length, b.length));
  for (let n = 0; n < waveform.length; n++) waveform[n] = 0.5 * (a[n] ?? 0) + 0.5 * (b[n] ?? 0);
  return { waveform, lambda: b.length / (a.length + b.length) };
}
