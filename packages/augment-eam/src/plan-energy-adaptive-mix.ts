import { InputError } from './input-error';
import type { MixPlan } from './mix-plan';

/** What {@link planEnergyAdaptiveMix} draws from. */
export interface MixPlanOptions {
  /** Index i of the utterance to augment. */
  dominant: number;
  /** Length of every utterance, in samples, as it will be when the plan is applied (after any crop). */
  lengths: ArrayLike<number>;
  /** Indices that may interfere, for example the training fold; all of `lengths` by default. `dominant` is skipped. */
  candidates?: readonly number[];
  /** Uniform numbers in [0, 1). Six are consumed by every call, whatever comes of it. */
  random: () => number;
  /** Probability that the utterance is mixed at all. Default 0.5. */
  probability?: number;
  /** Shortest segment to mix, in seconds. Default 0.1. */
  minMixSeconds?: number;
  /** Samples a second. Default 16000. */
  sampleRate?: number;
  /** Range of the signal-to-noise ratio, in dB, drawn uniformly. Default [-5, 10]. */
  snrDb?: readonly [number, number];
}

/**
 * Draws one energy-adaptive mix (paper, Sec. 2.2): the partner uniform among the candidates that are long enough,
 * l_mix a uniform integer with 1 ≤ l_mix < l_i / 2 and l_mix ≤ l_j, both starts and the SNR uniform and independent.
 *
 * @returns the plan, or null where the utterance stays as it is: by chance (1 − probability), because it is too short
 *   to hold a segment of `minMixSeconds` in less than its half, or because no candidate is long enough.
 * @throws InputError for an index that is not in `lengths`, or an option out of its range.
 */
export function planEnergyAdaptiveMix(options: MixPlanOptions): MixPlan | null {
  const { dominant, lengths, candidates, random } = options;
  const { probability = 0.5, minMixSeconds = 0.1, sampleRate = 16000, snrDb = [-5, 10] } = options;
  const dominantLength = lengthAt(lengths, dominant, 'dominant');
  if (!(probability >= 0 && probability <= 1))
    throw new InputError(`probability must be in [0, 1], got ${probability}`);
  if (!(minMixSeconds >= 0 && minMixSeconds < Infinity)) {
    throw new InputError(`minMixSeconds must be 0 or more, got ${minMixSeconds}`);
  }
  if (!(sampleRate > 0 && sampleRate < Infinity))
    throw new InputError(`sampleRate must be positive, got ${sampleRate}`);
  const [lowest, highest] = snrDb;
  if (!(Number.isFinite(lowest) && Number.isFinite(highest) && lowest <= highest)) {
    throw new InputError(`snrDb must be [lowest, highest] in dB, got [${lowest}, ${highest}]`);
  }

  // Always six numbers: what one utterance draws must not depend on how the ones before it came out.
  const chance = draw(random);
  const partner = draw(random);
  const length = draw(random);
  const start = draw(random);
  const partnerStart = draw(random);
  const level = draw(random);

  const shortest = Math.max(1, Math.round(minMixSeconds * sampleRate));
  const underHalf = Math.ceil(dominantLength / 2) - 1;
  const interferer = pickPartner(lengths, candidates, dominant, shortest, partner);
  if (chance >= probability || underHalf < shortest || interferer === null) return null;

  const interfererLength = lengthAt(lengths, interferer, 'interferer');
  const mixLength = uniformInteger(length, shortest, Math.min(underHalf, interfererLength));
  return {
    dominant,
    interferer,
    mixLength,
    dominantStart: uniformInteger(start, 0, dominantLength - mixLength),
    interfererStart: uniformInteger(partnerStart, 0, interfererLength - mixLength),
    snrDb: lowest + level * (highest - lowest),
  };
}

/** One of the candidates that are not `dominant` and hold at least `shortest` samples; null if there is none. */
function pickPartner(
  lengths: ArrayLike<number>,
  candidates: readonly number[] | undefined,
  dominant: number,
  shortest: number,
  uniform: number,
): number | null {
  const fitting: number[] = [];
  const count = candidates?.length ?? lengths.length;
  for (let k = 0; k < count; k++) {
    const index = candidates ? (candidates[k] ?? -1) : k;
    if (lengthAt(lengths, index, 'candidate') >= shortest && index !== dominant) fitting.push(index);
  }
  return fitting[Math.floor(uniform * fitting.length)] ?? null;
}

function lengthAt(lengths: ArrayLike<number>, index: number, what: string): number {
  const length = lengths[index];
  if (length === undefined) {
    throw new InputError(`${what} must be an index into the ${lengths.length} lengths, got ${index}`);
  }
  if (!Number.isInteger(length) || length < 0) {
    throw new InputError(`lengths[${index}] must be a whole number of samples, got ${length}`);
  }
  return length;
}

function draw(random: () => number): number {
  const value = random();
  if (!(value >= 0 && value < 1)) throw new InputError(`random must return a number in [0, 1), got ${value}`);
  return value;
}

/** A whole number of lowest … highest, both included, from a uniform number in [0, 1). */
function uniformInteger(uniform: number, lowest: number, highest: number): number {
  return lowest + Math.floor(uniform * (highest - lowest + 1));
}
