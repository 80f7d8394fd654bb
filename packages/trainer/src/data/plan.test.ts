import fc from 'fast-check';
import { bucketLengths, planEpoch, planEvaluation, type BatchPlan, type EpochOptions, type Source } from './plan';
import { playedSamples } from './speed';

const second = 16_000;

const corpus = fc
  .array(fc.integer({ min: 800, max: 10 * second }), { minLength: 2, maxLength: 60 })
  .map((lengths): Source[] => lengths.map((samples, i) => ({ id: `u${i}`, samples })));

const settings = fc.record({
  seed: fc.nat(1000),
  epoch: fc.integer({ min: 1, max: 20 }),
  batchSize: fc.integer({ min: 1, max: 16 }),
  lengthGroup: fc.integer({ min: 1, max: 5 }),
  mix: fc.constantFrom('none' as const, 'eam' as const, 'lam' as const),
  mixProbability: fc.double({ min: 0, max: 1, noNaN: true }),
  batching: fc.constantFrom('padded' as const, 'equal-length' as const),
  speed: fc.constantFrom([1, 1] as const, [0.8, 1.3] as const),
});

function optionsFor(sources: readonly Source[], chosen: Partial<EpochOptions>): EpochOptions {
  const maxSamples = 6 * second;
  const buckets = bucketLengths(
    sources.map(({ samples }) => samples),
    maxSamples,
    4,
  );
  const rest = { fold: 'fold', minMixSeconds: 0.1, snrDb: [-5, 10] as const, maxSamples, buckets };
  return {
    seed: 1,
    epoch: 1,
    batchSize: 4,
    lengthGroup: 2,
    mix: 'eam',
    mixProbability: 0.5,
    batching: 'padded',
    speed: [1, 1],
    ...rest,
    ...chosen,
  };
}

const idsOf = (plan: readonly BatchPlan[]): string[] =>
  plan.flatMap(({ utterances }) => utterances.map(({ id }) => id));

describe('planEpoch', () => {
  test('has every utterance exactly once, whatever the settings', () => {
    fc.assert(
      fc.property(corpus, settings, (sources, chosen) => {
        const plan = planEpoch(sources, optionsFor(sources, chosen));
        expect(idsOf(plan).sort()).toEqual(sources.map(({ id }) => id).sort());
        expect(plan.every(({ utterances }) => utterances.length <= chosen.batchSize)).toBe(true);
      }),
    );
  });

  test('stays inside its waveforms, its training side and its padding', () => {
    fc.assert(
      fc.property(corpus, settings, (sources, chosen) => {
        const length = new Map(sources.map(({ id, samples }) => [id, samples]));
        for (const { samples, utterances } of planEpoch(sources, optionsFor(sources, chosen))) {
          for (const { id, start, samples: cut, speed = 1, mix } of utterances) {
            const kept = playedSamples(cut, speed);
            expect(start).toBeGreaterThanOrEqual(0);
            expect(kept).toBeGreaterThan(0);
            expect(start + cut).toBeLessThanOrEqual(length.get(id) ?? 0);
            expect(kept).toBeLessThanOrEqual(samples);
            if (mix?.kind === 'eam') {
              expect(mix.interferer).not.toBe(id);
              expect(mix.plan.dominantStart + mix.plan.mixLength).toBeLessThanOrEqual(kept);
              expect(mix.plan.interfererStart + mix.plan.mixLength).toBeLessThanOrEqual(
                length.get(mix.interferer) ?? 0,
              );
            } else if (mix?.kind === 'lam') {
              expect(mix.interferer.id).not.toBe(id);
              expect(mix.interferer.start + mix.interferer.samples).toBeLessThanOrEqual(
                length.get(mix.interferer.id) ?? 0,
              );
              expect(mix.interferer.samples).toBeLessThanOrEqual(samples);
            }
            if (chosen.batching === 'equal-length')
              expect(Math.max(kept, mix?.kind === 'lam' ? mix.interferer.samples : 0)).toBe(samples);
          }
        }
      }),
    );
  });

  test('with balanced classes has them equally often, each occurrence cut and mixed anew', () => {
    const sources = Array.from({ length: 40 }, (_, i) => ({ id: `u${i}`, samples: 8 * second + i }));
    const balanced = sources.map((_, i) => (i < 36 ? 0 : 1));
    const plan = planEpoch(sources, optionsFor(sources, { balanced, speed: [0.8, 1.3] }));
    const ids = idsOf(plan);
    const rare = new Set(['u36', 'u37', 'u38', 'u39']);
    expect(ids).toHaveLength(40);
    expect(ids.filter((id) => rare.has(id))).toHaveLength(20);
    const clips = plan.flatMap(({ utterances }) => utterances).filter(({ id }) => id === 'u36');
    expect(clips).toHaveLength(5);
    expect(new Set(clips.map(({ start }) => start)).size).toBeGreaterThan(1);
    expect(new Set(clips.map(({ speed }) => speed)).size).toBeGreaterThan(1);
    for (const { utterances } of plan)
      for (const { id, mix } of utterances) if (mix?.kind === 'eam') expect(mix.interferer).not.toBe(id);
    expect(planEpoch(sources, optionsFor(sources, { balanced, speed: [0.8, 1.3] }))).toEqual(plan);
  });

  test('is a value: the same from the same key, another from another, and whole after JSON', () => {
    const sources = Array.from({ length: 50 }, (_, i) => ({ id: `u${i}`, samples: 20_000 + 997 * i }));
    const plan = planEpoch(sources, optionsFor(sources, {}));
    expect(planEpoch(sources, optionsFor(sources, {}))).toEqual(plan);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    for (const other of [{ seed: 2 }, { epoch: 2 }, { fold: 'another' }]) {
      expect(idsOf(planEpoch(sources, optionsFor(sources, other)))).not.toEqual(idsOf(plan));
    }
  });

  test('mixes about the share it was asked for', () => {
    const sources = Array.from({ length: 2000 }, (_, i) => ({ id: `u${i}`, samples: 3 * second }));
    for (const mix of ['eam', 'lam'] as const) {
      const plan = planEpoch(sources, optionsFor(sources, { mix, mixProbability: 0.3 }));
      const mixed = plan.flatMap(({ utterances }) => utterances).filter((u) => u.mix).length;
      expect(mixed / sources.length).toBeGreaterThan(0.26);
      expect(mixed / sources.length).toBeLessThan(0.34);
    }
  });

  test('uses few lengths, so that few steps are compiled', () => {
    const sources = Array.from({ length: 333 }, (_, i) => ({ id: `u${i}`, samples: 16_000 + 250 * i }));
    const shapes = new Set<string>();
    for (let epoch = 1; epoch <= 5; epoch++) {
      for (const { samples, utterances } of planEpoch(sources, optionsFor(sources, { epoch, batchSize: 16 }))) {
        shapes.add(`${utterances.length}x${samples}`);
      }
    }
    expect(shapes.size).toBeLessThanOrEqual(5); // four buckets, and the smaller last batch in the longest
  });
});

describe('planEvaluation', () => {
  test('has every utterance exactly once and whole up to the limit', () => {
    fc.assert(
      fc.property(corpus, fc.integer({ min: 1, max: 16 }), (sources, batchSize) => {
        const { buckets } = optionsFor(sources, {});
        const plan = planEvaluation(sources, { batchSize, maxSamples: 6 * second, buckets, batching: 'padded' });
        expect(idsOf(plan).sort()).toEqual(sources.map(({ id }) => id).sort());
        const length = new Map(sources.map(({ id, samples }) => [id, samples]));
        for (const { samples, utterances } of plan) {
          for (const clip of utterances) {
            expect(clip).toEqual({ id: clip.id, start: 0, samples: Math.min(length.get(clip.id) ?? 0, 6 * second) });
            expect(clip.samples).toBeLessThanOrEqual(samples);
          }
        }
      }),
    );
  });

  test('never pads a batch of an equal-length encoder', () => {
    const sources = Array.from({ length: 40 }, (_, i) => ({ id: `u${i}`, samples: 5_000 + 1_777 * i }));
    const plan = planEvaluation(sources, {
      batchSize: 4,
      maxSamples: 20 * second,
      buckets: [],
      batching: 'equal-length',
    });
    expect(idsOf(plan).sort()).toEqual(sources.map(({ id }) => id).sort());
    for (const { samples, utterances } of plan) for (const clip of utterances) expect(clip.samples).toBe(samples);
  });
});
