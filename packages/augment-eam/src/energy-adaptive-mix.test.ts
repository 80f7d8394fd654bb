import fc from 'fast-check';
import { largestDifference } from '../../../tools/test-support/difference';
import { describeGolden, type GoldenArray } from '../../../tools/test-support/shared';
import { energyAdaptiveMix } from './energy-adaptive-mix';
import { InputError } from './input-error';
import { mixLabels } from './mix-labels';
import type { MixPlan } from './mix-plan';

interface GoldenMix {
  dominant: GoldenArray;
  interferer: GoldenArray;
  mix_length: number;
  dominant_start: number;
  interferer_start: number;
  snr_db: number;
  dominant_label: GoldenArray;
  interferer_label: GoldenArray;
  scale: number;
  mixed: GoldenArray;
  lambda: number;
  mixed_label: GoldenArray;
}

describeGolden<{ energy_adaptive: GoldenMix[] }>('eam.json', ({ energy_adaptive: cases }) => {
  it.each(cases.map((golden, k) => [k, golden] as const))('case %i, within 1e-6', (_, golden) => {
    const plan: MixPlan = {
      dominant: 0,
      interferer: 1,
      mixLength: golden.mix_length,
      dominantStart: golden.dominant_start,
      interfererStart: golden.interferer_start,
      snrDb: golden.snr_db,
    };
    const dominant = Float32Array.from(golden.dominant.data);
    const { waveform, lambda, scale, silent } = energyAdaptiveMix(
      plan,
      dominant,
      Float32Array.from(golden.interferer.data),
    );
    expect(silent).toBe(false);
    expect(largestDifference(waveform, golden.mixed.data)).toBeLessThan(1e-6);
    expect(Math.abs(lambda - golden.lambda)).toBeLessThan(1e-6);
    expect(Math.abs(scale / golden.scale - 1)).toBeLessThan(1e-6);
    const label = mixLabels(golden.dominant_label.data, golden.interferer_label.data, lambda);
    expect(largestDifference(label, golden.mixed_label.data)).toBeLessThan(1e-6);
  });
});

const energy = (signal: ArrayLike<number>, start: number, length: number): number => {
  let sum = 0;
  for (let n = start; n < start + length; n++) sum += (signal[n] ?? NaN) ** 2;
  return sum;
};

const sample = fc.double({ min: -1, max: 1, noNaN: true });

/** Two signals with energy everywhere and a plan that fits them. */
const mixes = fc
  .tuple(
    fc.array(sample, { minLength: 3, maxLength: 80 }),
    fc.array(sample, { minLength: 1, maxLength: 80 }),
    fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 3, maxLength: 3 }),
    fc.double({ min: -5, max: 10, noNaN: true }),
  )
  .map(([a, b, [u = 0, v = 0, w = 0], snrDb]) => {
    const awake = (x: number) => x + (x < 0 ? -0.01 : 0.01);
    const longest = Math.min(Math.ceil(a.length / 2) - 1, b.length);
    const mixLength = 1 + Math.floor(u * longest);
    const dominantStart = Math.floor(v * (a.length - mixLength + 1));
    const interfererStart = Math.floor(w * (b.length - mixLength + 1));
    const plan: MixPlan = { dominant: 0, interferer: 1, mixLength, dominantStart, interfererStart, snrDb };
    return { plan, dominant: Float32Array.from(a, awake), interferer: Float32Array.from(b, awake) };
  });

describe('energyAdaptiveMix', () => {
  it('reaches the planned SNR, keeps the rest and gives the λ of Eq. 4', () => {
    fc.assert(
      fc.property(mixes, ({ plan, dominant, interferer }) => {
        const before = [dominant.slice(), interferer.slice()];
        const { waveform, lambda, scale, silent } = energyAdaptiveMix(plan, dominant, interferer);
        expect([dominant, interferer]).toEqual(before);
        expect(silent).toBe(false);
        expect(waveform).toHaveLength(dominant.length);

        const { mixLength, dominantStart, interfererStart, snrDb } = plan;
        const own = energy(dominant, dominantStart, mixLength);
        const scaled = scale ** 2 * energy(interferer, interfererStart, mixLength);
        expect(10 * Math.log10(own / scaled)).toBeCloseTo(snrDb, 6);
        expect(lambda).toBeCloseTo((scaled / (own + scaled)) * (mixLength / dominant.length), 9);
        expect(lambda).toBeLessThan(0.38);

        for (let n = 0; n < waveform.length; n++) {
          const k = n - dominantStart;
          const added = k >= 0 && k < mixLength ? scale * (interferer[interfererStart + k] ?? NaN) : 0;
          expect(waveform[n]).toBe(Math.fround((dominant[n] ?? NaN) + added));
        }
      }),
    );
  });

  it('depends on the segments only, not on how loud the interferer was', () => {
    fc.assert(
      fc.property(mixes, fc.double({ min: 0.25, max: 4, noNaN: true }), ({ plan, dominant, interferer }, gain) => {
        const once = energyAdaptiveMix(plan, dominant, interferer);
        const louder = energyAdaptiveMix(
          plan,
          dominant,
          interferer.map((x) => x * gain),
        );
        expect(louder.lambda).toBe(once.lambda);
        expect(largestDifference(louder.waveform, once.waveform)).toBeLessThan(1e-5);
      }),
    );
  });

  const plan: MixPlan = { dominant: 0, interferer: 1, mixLength: 4, dominantStart: 3, interfererStart: 1, snrDb: -5 };
  const loud = new Float32Array(10).fill(0.9);

  it('does not clip', () => {
    const { waveform } = energyAdaptiveMix(plan, loud, loud);
    expect(Math.max(...waveform)).toBeCloseTo(0.9 * (1 + 10 ** 0.25), 6);
  });

  it.each([
    ['interferer', loud, new Float32Array(10)],
    ['dominant', Float32Array.of(1, 1, 1, 0, 0, 0, 0, 1, 1, 1), loud],
    ['interferer, but for rounding noise', loud, new Float32Array(10).fill(1e-6)],
  ])('leaves the utterance alone when the segment is silent: %s', (_, dominant, interferer) => {
    const result = energyAdaptiveMix(plan, dominant, interferer);
    expect(result).toEqual({ waveform: dominant, lambda: 0, scale: 0, silent: true });
    expect(result.waveform).not.toBe(dominant);
  });

  it.each<[string, Partial<MixPlan>]>([
    ["the plan's dominant segment must lie within its 10 samples, got 4 samples from 7", { dominantStart: 7 }],
    ["the plan's interferer segment must lie within its 10 samples, got 4 samples from -1", { interfererStart: -1 }],
    ["the plan's dominant segment must lie within its 10 samples, got 0 samples from 3", { mixLength: 0 }],
    ["the plan's dominant segment must lie within its 10 samples, got 1.5 samples from 3", { mixLength: 1.5 }],
    ["mixLength must be under half of the dominant's 10 samples, got 5", { mixLength: 5 }],
    ['snrDb must be finite, got NaN', { snrDb: NaN }],
  ])('refuses: %s', (message, wrong) => {
    expect(() => energyAdaptiveMix({ ...plan, ...wrong }, loud, loud)).toThrow(new InputError(message));
  });

  it('refuses a segment that is not finite, and only there', () => {
    const broken = loud.slice();
    broken[2] = NaN;
    const message = 'interferer must hold finite samples, got NaN or Infinity';
    expect(() => energyAdaptiveMix(plan, loud, broken)).toThrow(new InputError(message));
    expect(() => energyAdaptiveMix(plan, broken, loud)).not.toThrow();
  });
});
