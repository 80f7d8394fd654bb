import fc from 'fast-check';
import { InputError } from './input-error';
import { planEnergyAdaptiveMix, type MixPlanOptions } from './plan-energy-adaptive-mix';

/** Uniform numbers in [0, 1) from a list, then from its start again. */
const replay = (numbers: readonly number[]) => {
  let next = 0;
  return () => numbers[next++ % numbers.length] ?? 0;
};

const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const draws = fc.array(uniform, { minLength: 6, maxLength: 6 });

describe('planEnergyAdaptiveMix', () => {
  it('draws only plans that Sec. 2.2 allows', () => {
    let planned = 0;
    const lengths = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lengths, fc.nat(11), draws, fc.integer({ min: 0, max: 60 }), (samples, at, numbers, least) => {
        const dominant = at % samples.length;
        const options = { dominant, lengths: samples, random: replay(numbers), probability: 1 };
        const plan = planEnergyAdaptiveMix({ ...options, sampleRate: 100, minMixSeconds: least / 100 });
        if (!plan) return;
        planned++;
        const own = samples[dominant] ?? 0;
        const other = samples[plan.interferer] ?? 0;
        expect(plan.dominant).toBe(dominant);
        expect(plan.interferer).not.toBe(dominant);
        expect(Object.values(plan).slice(0, 5).every(Number.isInteger)).toBe(true);
        expect(plan.mixLength).toBeGreaterThanOrEqual(Math.max(1, least));
        expect(plan.mixLength).toBeLessThan(own / 2);
        expect(plan.mixLength).toBeLessThanOrEqual(other);
        expect(plan.dominantStart).toBeGreaterThanOrEqual(0);
        expect(plan.dominantStart + plan.mixLength).toBeLessThanOrEqual(own);
        expect(plan.interfererStart).toBeGreaterThanOrEqual(0);
        expect(plan.interfererStart + plan.mixLength).toBeLessThanOrEqual(other);
        expect(plan.snrDb).toBeGreaterThanOrEqual(-5);
        expect(plan.snrDb).toBeLessThanOrEqual(10);
      }),
      { numRuns: 500 },
    );
    expect(planned).toBeGreaterThan(50);
  });

  it('finds no plan only where none exists', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 5 }),
        draws,
        (lengths, numbers) => {
          const options = { dominant: 0, lengths, random: replay(numbers), probability: 1, sampleRate: 1 };
          const plan = planEnergyAdaptiveMix({ ...options, minMixSeconds: 10 });
          const possible = (lengths[0] ?? 0) > 20 && lengths.slice(1).some((length) => length >= 10);
          expect(plan !== null).toBe(possible);
        },
      ),
    );
  });

  it('reaches both ends of every range', () => {
    const options = { dominant: 1, lengths: [30, 21, 40], sampleRate: 1, minMixSeconds: 3, probability: 1 };
    const lowest = planEnergyAdaptiveMix({ ...options, random: () => 0 });
    expect(lowest).toEqual({
      dominant: 1,
      interferer: 0,
      mixLength: 3,
      dominantStart: 0,
      interfererStart: 0,
      snrDb: -5,
    });
    const highest = planEnergyAdaptiveMix({ ...options, random: () => 1 - 2 ** -53 });
    expect(highest).toMatchObject({ interferer: 2, mixLength: 10, dominantStart: 11, interfererStart: 30 });
    expect(highest?.snrDb).toBeCloseTo(10, 12);
  });

  it('draws partners and lengths uniformly', () => {
    const partners = new Map<number, number>();
    const mixLengths = new Map<number, number>();
    const steps = 20;
    for (let a = 0; a < steps; a++) {
      for (let b = 0; b < steps; b++) {
        const random = replay([0, (a + 0.5) / steps, (b + 0.5) / steps, 0, 0, 0]);
        const plan = planEnergyAdaptiveMix({ dominant: 2, lengths: [9, 9, 9, 9, 9], random, sampleRate: 10 });
        if (!plan) throw new Error('every draw must give a plan');
        partners.set(plan.interferer, (partners.get(plan.interferer) ?? 0) + 1);
        mixLengths.set(plan.mixLength, (mixLengths.get(plan.mixLength) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(partners)).toEqual({ 0: 100, 1: 100, 3: 100, 4: 100 });
    expect(Object.fromEntries(mixLengths)).toEqual({ 1: 100, 2: 100, 3: 100, 4: 100 });
  });

  it('mixes with the given probability', () => {
    const options = { dominant: 0, lengths: [9000, 9000] };
    const mixes = (chance: number, probability?: number) =>
      planEnergyAdaptiveMix({
        ...options,
        random: replay([chance, 0, 0, 0, 0, 0]),
        ...(probability === undefined ? {} : { probability }),
      }) !== null;
    expect([mixes(0.49), mixes(0.5), mixes(0, 0), mixes(0.999, 1)]).toEqual([true, false, false, true]);
  });

  it('consumes six numbers whatever comes of it', () => {
    const consumed = (options: Partial<MixPlanOptions>): number => {
      let count = 0;
      const random = () => (count++, 0.3);
      planEnergyAdaptiveMix({ dominant: 0, lengths: [9000, 9000], random, ...options });
      return count;
    };
    expect([consumed({}), consumed({ probability: 0 }), consumed({ lengths: [9000] })]).toEqual([6, 6, 6]);
  });

  it('keeps to the candidates', () => {
    const options = { dominant: 0, lengths: [9000, 9000, 9000, 9000], random: () => 0.4 };
    expect(planEnergyAdaptiveMix({ ...options, candidates: [0, 3] })?.interferer).toBe(3);
    expect(planEnergyAdaptiveMix({ ...options, candidates: [0] })).toBeNull();
    expect(planEnergyAdaptiveMix({ ...options, candidates: [] })).toBeNull();
  });

  it('gives plans that survive JSON', () => {
    const plan = planEnergyAdaptiveMix({ dominant: 0, lengths: [9000, 9000], random: () => 0.123 });
    expect(plan).not.toBeNull();
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  const valid: MixPlanOptions = { dominant: 0, lengths: [9000, 9000], random: () => 0 };
  it.each<[string, Partial<MixPlanOptions>]>([
    ['dominant must be an index into the 2 lengths, got 2', { dominant: 2 }],
    ['candidate must be an index into the 2 lengths, got -1', { candidates: [-1] }],
    ['lengths[1] must be a whole number of samples, got 1.5', { lengths: [9000, 1.5] }],
    ['probability must be in [0, 1], got 1.1', { probability: 1.1 }],
    ['minMixSeconds must be 0 or more, got NaN', { minMixSeconds: NaN }],
    ['sampleRate must be positive, got 0', { sampleRate: 0 }],
    ['snrDb must be [lowest, highest] in dB, got [10, -5]', { snrDb: [10, -5] }],
    ['random must return a number in [0, 1), got 1', { random: () => 1 }],
  ])('refuses: %s', (message, wrong) => {
    expect(() => planEnergyAdaptiveMix({ ...valid, ...wrong })).toThrow(new InputError(message));
  });
});
