import { autoWeights, fixedWeights } from './loss-weights';
import { seeded, shuffled } from '../random';
import { learningRates } from './schedule';

const recipe = { lr: 1e-4, centerLr: 5e-3, decay: 7 / 8, decayUntil: 20, warmup: 0 };

test('rates fall by 7/8 after each epoch until the 20th and then stay', () => {
  expect(learningRates(recipe, 1, 1)).toEqual({ model: 1e-4, centers: 5e-3, encoder: 1e-4 });
  expect(learningRates(recipe, 2, 1).model).toBeCloseTo(8.75e-5, 12);
  expect(learningRates(recipe, 20, 1).centers).toBeCloseTo(5e-3 * (7 / 8) ** 19, 12);
  expect(learningRates(recipe, 30, 1)).toEqual(learningRates(recipe, 20, 1));
  expect(learningRates({ ...recipe, encoderLr: 3e-5 }, 1, 1).encoder).toBe(3e-5);
  expect(learningRates({ ...recipe, warmup: 10 }, 1, 5).model).toBeCloseTo(5e-5, 12);
});

test('automatic weights bring every measured component into [0, 1] and blow nothing up', () => {
  const measured = [
    { kl: 2, center: 50, supcon: 0.4 },
    { kl: 1.5, center: 80, supcon: 0.2 },
  ];
  const weights = autoWeights(measured, ['kl', 'center', 'supcon']);
  expect(weights).toEqual({ kl: 0.5, center: 1 / 80, supcon: 1 });
  for (const raw of measured) {
    for (const [loss, value] of Object.entries(raw)) {
      expect(value * (weights[loss as keyof typeof raw] ?? NaN)).toBeLessThanOrEqual(1);
    }
  }
  expect(fixedWeights({ lossWeights: 'auto', losses: ['kl'] })).toBeUndefined();
  expect(fixedWeights({ lossWeights: { kl: 0.3, focal: 9 }, losses: ['kl'] })).toEqual({ kl: 0.3 });
});

test('streams: the same key the same numbers, neighbouring keys unrelated ones; a shuffle keeps all', () => {
  const take = (...key: (string | number)[]): number[] => {
    const random = seeded(...key);
    return Array.from({ length: 4 }, random);
  };
  expect(take(1, 'a')).toEqual(take(1, 'a'));
  expect(take(1, 'a')).not.toEqual(take(2, 'a'));
  const random = seeded(5);
  const mean = Array.from({ length: 4000 }, random).reduce((a, b) => a + b) / 4000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  expect(shuffled([1, 2, 3, 4, 5], random).sort()).toEqual([1, 2, 3, 4, 5]);
});
