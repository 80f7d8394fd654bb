import { InputError } from './input-error';
import type { MixPlan } from './mix-plan';

/** What {@link energyAdaptiveMix} made. */
export interface EnergyAdaptiveMix {
  /** The mixed signal, as long as the dominant one; never clipped, so it may leave [-1, 1]. */
  waveform: Float32Array;
  /** Weight of the interferer's label, λ_mix: 0 when silent, always below 0.5 / (1 + 10^(SNR/10)). */
  lambda: number;
  /** Factor that was applied to the interfering segment; 0 when silent. */
  scale: number;
  /** True when a segment held no energy: nothing was mixed. */
  silent: boolean;
}

/** Mean square of a segment, full scale being 1, under which it counts as silent: below the last bit of 16-bit audio. */
const SILENCE = 1e-10;

/**
 * Energy-adaptive mixup (paper, Eqs. 1–4). With P' the energies of the two segments:
 *
 *     scale = sqrt(P'_i / (10^(SNR/10) · P'_j))                                   (1)
 *     x_mix[s_i : s_i + l_mix] = x'_i + scale · x'_j                              (2, 3)
 *     λ_mix = P''_j / (P'_i + P''_j) · l_mix / l_i,   P''_j = scale² · P'_j       (4)
 *
 * Pure: neither signal is written to, and the result is always a new array. Energies are summed in float64. If either
 * segment is silent (mean square below 1e-10) the waveform is a copy of the dominant one and λ is 0.
 *
 * @param plan what to mix where, from `planEnergyAdaptiveMix`
 * @param dominant x_i, mono samples [l_i]
 * @param interferer x_j, mono samples [l_j]
 * @throws InputError if the plan does not fit the signals, or a segment holds a value that is not finite.
 */
export function energyAdaptiveMix(plan: MixPlan, dominant: Float32Array, interferer: Float32Array): EnergyAdaptiveMix {
  const { mixLength, dominantStart, interfererStart, snrDb } = plan;
  checkSegment('dominant', dominant.length, dominantStart, mixLength);
  checkSegment('interferer', interferer.length, interfererStart, mixLength);
  if (mixLength * 2 >= dominant.length) {
    throw new InputError(`mixLength must be under half of the dominant's ${dominant.length} samples, got ${mixLength}`);
  }
  if (!Number.isFinite(snrDb)) throw new InputError(`snrDb must be finite, got ${snrDb}`);

  const waveform = dominant.slice();
  const dominantEnergy = segmentEnergy('dominant', dominant, dominantStart, mixLength);
  const interfererEnergy = segmentEnergy('interferer', interferer, interfererStart, mixLength);
  if (Math.min(dominantEnergy, interfererEnergy) <= SILENCE * mixLength) {
    return { waveform, lambda: 0, scale: 0, silent: true };
  }

  const snr = 10 ** (snrDb / 10);
  const scale = Math.sqrt(dominantEnergy / (snr * interfererEnergy));
  for (let n = 0; n < mixLength; n++) {
    const at = dominantStart + n;
    waveform[at] = (dominant[at] ?? 0) + scale * (interferer[interfererStart + n] ?? 0);
  }
  // Eq. 4 with P''_j = P'_i / snr put in: the energies cancel.
  return { waveform, lambda: mixLength / dominant.length / (1 + snr), scale, silent: false };
}

function checkSegment(name: string, length: number, start: number, mixLength: number): void {
  const whole = Number.isInteger(start) && Number.isInteger(mixLength);
  if (!whole || mixLength < 1 || start < 0 || start + mixLength > length) {
    throw new InputError(
      `the plan's ${name} segment must lie within its ${length} samples, got ${mixLength} samples from ${start}`,
    );
  }
}

function segmentEnergy(name: string, signal: Float32Array, start: number, length: number): number {
  let energy = 0;
  for (let n = start; n < start + length; n++) {
    const sample = signal[n] ?? 0;
    energy += sample * sample;
  }
  if (!Number.isFinite(energy)) throw new InputError(`${name} must hold finite samples, got NaN or Infinity`);
  return energy;
}
