import { seededRandom } from '../random';

/** A synthetic voice: how its source and its tract differ from those of the others. */
export interface Speaker {
  /** As in RAVDESS, odd actors are male. */
  readonly actor: string;
  /** Habitual fundamental frequency, Hz. */
  readonly f0: number;
  /** Formant frequencies are those of the vowel table times this: shorter tracts are above 1. */
  readonly tract: number;
  /** Share of noise in the source. */
  readonly breath: number;
  /** Syllables a second relative to the average. */
  readonly tempo: number;
  /** Level relative to the average, dB. */
  readonly level: number;
  /** How far the speaker moves from neutral when acting. */
  readonly expressiveness: number;
}

/** Eight voices that differ enough that none is known from the others. */
export const speakers: readonly Speaker[] = Array.from({ length: 8 }, (_, i): Speaker => {
  const random = seededRandom(7001 + i);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const male = i % 2 === 0;
  return {
    actor: String(i + 1).padStart(2, '0'),
    f0: male ? between(95, 130) : between(175, 225),
    tract: male ? between(0.94, 1.03) : between(1.1, 1.2),
    breath: between(0.02, 0.07),
    tempo: between(0.92, 1.08),
    level: between(-3, 3),
    expressiveness: between(0.8, 1.2),
  };
});
