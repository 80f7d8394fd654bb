import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import {
  accuracyByGroup,
  accuracyIntervals,
  addConfusion,
  bootstrapIntervals,
  classScores,
  calibration,
  confusionMatrix,
  holm,
  macroF1,
  mcnemar,
  mcnemarExact,
  meanDeviation,
  pairedDifferences,
  permutationTest,
  recalls,
  unweightedAccuracy,
  weightedAccuracy,
} from './index';
import { seeded } from '../random';

interface GoldenCase {
  truth: number[];
  predicted: number[];
  classes: number;
  wa: number;
  ua: number;
  macro_f1: number;
  confusion: number[][];
}

const shared = process.env.SER_SHARED ?? resolve(__dirname, '../../../../../shared');
const goldenPath = resolve(shared, 'golden/metrics.json');

if (existsSync(goldenPath)) {
  const cases = JSON.parse(readFileSync(goldenPath, 'utf8')) as GoldenCase[];
  test.each(cases)('matches scikit-learn over $classes classes', ({ truth, predicted, classes, ...expected }) => {
    const confusion = confusionMatrix(truth, predicted, classes);
    expect(confusion).toEqual(expected.confusion);
    expect(Math.abs(weightedAccuracy(confusion) - expected.wa)).toBeLessThan(1e-12);
    expect(Math.abs(unweightedAccuracy(confusion) - expected.ua)).toBeLessThan(1e-12);
    expect(Math.abs(macroF1(confusion) - expected.macro_f1)).toBeLessThan(1e-12);
  });
} else {
  test.skip(`golden metrics: skipped, ${goldenPath} is not there (set SER_SHARED)`, () => undefined);
}

const outcomes = fc
  .integer({ min: 2, max: 6 })
  .chain((classes) =>
    fc.tuple(
      fc.constant(classes),
      fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { minLength: 1, maxLength: 60 }),
    ),
  );

describe('accuracy', () => {
  it('stays in [0, 1] and is 1 exactly when everything is right', () => {
    fc.assert(
      fc.property(outcomes, ([classes, pairs]) => {
        const truth = pairs.map(([t]) => t);
        const predicted = pairs.map(([, p]) => p);
        const confusion = confusionMatrix(truth, predicted, classes);
        const perfect = truth.every((value, index) => value === predicted[index]);
        for (const value of [weightedAccuracy(confusion), unweightedAccuracy(confusion), macroF1(confusion)]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(Math.abs(value - 1) < 1e-12).toBe(perfect);
        }
      }),
    );
  });

  it('leaves classes without utterances out of UA, and is NaN without any utterance', () => {
    const confusion = confusionMatrix([0, 0, 2, 2], [0, 1, 2, 2], 4);
    expect(unweightedAccuracy(confusion)).toBe(0.75);
    expect(recalls(confusion)[3]).toBeNaN();
    const empty = confusionMatrix([], [], 3);
    expect([weightedAccuracy(empty), unweightedAccuracy(empty), macroF1(empty)]).toEqual([NaN, NaN, NaN]);
  });

  it('adds folds to the matrix of all utterances', () => {
    const folds = [confusionMatrix([0, 1], [0, 0], 2), confusionMatrix([1, 1], [1, 0], 2)];
    expect(addConfusion(folds, 2)).toEqual(confusionMatrix([0, 1, 1, 1], [0, 0, 1, 0], 2));
  });

  it('refuses lengths that differ and indices that are no class', () => {
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow('2 true classes but 1 predictions');
    expect(() => confusionMatrix([2], [0], 2)).toThrow('outside of 2 classes');
    expect(() => confusionMatrix([0], [-1], 2)).toThrow('outside of 2 classes');
    expect(() => confusionMatrix([0], [2], 2)).toThrow('outside of 2 classes');
  });
});

describe('bootstrap', () => {
  const random = seeded(3);
  const truth = Array.from({ length: 400 }, () => Math.floor(random() * 4));
  const predicted = truth.map((label) => (random() < 0.7 ? label : Math.floor(random() * 4)));

  it('gives the same interval for the same seed and another for another', () => {
    const run = (seed: number) => accuracyIntervals(truth, predicted, 4, { random: seeded(seed), resamples: 300 });
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it("agrees with the normal approximation of WA's interval", () => {
    const wa = weightedAccuracy(confusionMatrix(truth, predicted, 4));
    const half = 1.96 * Math.sqrt((wa * (1 - wa)) / truth.length);
    const interval = accuracyIntervals(truth, predicted, 4, { random: seeded(5), resamples: 4000 }).wa;
    expect(Math.abs(interval.low - (wa - half))).toBeLessThan(0.006);
    expect(Math.abs(interval.high - (wa + half))).toBeLessThan(0.006);
  });

  it('has no interval without utterances and a point where nothing varies', () => {
    expect(bootstrapIntervals(0, () => [NaN], { random: seeded(1) })).toEqual([{ low: NaN, high: NaN }]);
    const same = accuracyIntervals([0, 1, 1], [0, 1, 1], 2, { random: seeded(1), resamples: 50 });
    expect(same.wa).toEqual({ low: 1, high: 1 });
  });

  it('pairs the draws: a system has no difference to itself, and swapping changes the sign', () => {
    const other = predicted.map((label, index) => (index % 40 === 0 ? (label + 1) % 4 : label));
    const same = pairedDifferences(truth, [predicted], [predicted], 4, { random: seeded(1), resamples: 100 });
    expect(same.ua).toEqual({ difference: 0, interval: { low: 0, high: 0 } });
    const forth = pairedDifferences(truth, [predicted], [other], 4, { random: seeded(2), resamples: 500 });
    const back = pairedDifferences(truth, [other], [predicted], 4, { random: seeded(2), resamples: 500 });
    expect(forth.wa.difference).toBeLessThan(0);
    expect(back.wa.difference).toBeCloseTo(-forth.wa.difference, 12);
    expect(back.wa.interval.low).toBeCloseTo(-forth.wa.interval.high, 12);
    // Pairing is the point: far narrower than the two systems' own intervals.
    const alone = accuracyIntervals(truth, predicted, 4, { random: seeded(2), resamples: 500 }).wa;
    const width = forth.wa.interval.high - forth.wa.interval.low;
    expect(width).toBeLessThan(0.8 * (alone.high - alone.low));
  });
});

it('covers the accuracy on other speakers when it draws speakers, and not when it draws utterances', () => {
  const random = seeded('coverage');
  const accuracy = 0.7;
  const experiments = 150;
  const covered = { speakers: 0, utterances: 0 };
  for (let experiment = 0; experiment < experiments; experiment++) {
    // Six speakers of 40 utterances; the accuracy on each is between 0.5 and 0.9.
    const clusters: string[] = [];
    const predicted: number[] = [];
    for (let speaker = 0; speaker < 6; speaker++) {
      const own = accuracy + 0.4 * (random() - 0.5);
      for (let n = 0; n < 40; n++) {
        clusters.push(String(speaker));
        predicted.push(random() < own ? 0 : 1);
      }
    }
    const truth = predicted.map(() => 0);
    const interval = (options: { clusters?: string[] }) =>
      accuracyIntervals(truth, predicted, 2, { random: seeded(experiment), resamples: 200, ...options }).wa;
    const holds = ({ low, high }: { low: number; high: number }) => Number(low <= accuracy && accuracy <= high);
    covered.speakers += holds(interval({ clusters }));
    covered.utterances += holds(interval({}));
  }
  expect(covered.speakers / experiments).toBeGreaterThan(0.87);
  expect(covered.utterances / experiments).toBeLessThan(0.82);
});

it('has no interval over one speaker', () => {
  const options = { random: seeded(1), clusters: ['ann', 'ann', 'ann'] };
  expect(accuracyIntervals([0, 1, 1], [0, 1, 0], 2, options).wa).toEqual({ low: NaN, high: NaN });
});

describe('the permutation test over speakers', () => {
  const random = seeded(1);
  it('is exact for few speakers', () => {
    // Sums +3, +2, +1: of the eight exchanges only none and all are as far from 0 as 6.
    expect(permutationTest(['a', 'a', 'b', 'c'], [1, 2, 2, 1], random)).toBe(2 / 8);
    expect(permutationTest(['a', 'b', 'c', 'd'], [1, 1, 1, 1], random)).toBe(2 / 16);
    expect(permutationTest(['a', 'b'], [0, 0], random)).toBe(1);
    expect(permutationTest([], [], random)).toBeNaN();
  });

  it('does not take utterances of one speaker for independent, and draws when there are many speakers', () => {
    const one = Array.from({ length: 100 }, () => 'ann');
    expect(
      permutationTest(
        one,
        one.map(() => 1),
        random,
      ),
    ).toBe(1);
    const many = Array.from({ length: 40 }, (_, i) => String(i));
    expect(
      permutationTest(
        many,
        many.map(() => 1),
        random,
      ),
    ).toBeLessThan(0.001);
    expect(
      permutationTest(
        many,
        many.map((_, i) => (i % 2 === 0 ? 1 : -1)),
        random,
      ),
    ).toBeGreaterThan(0.9);
  });
});

it('scores each class by precision, recall and F1', () => {
  // Rows are true classes: 4 of a (3 found), 2 of b (1 found), none of c (1 said).
  const [a, b, c] = classScores([
    [3, 1, 0],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  expect(a).toEqual({ support: 4, predicted: 3, precision: 1, recall: 0.75, f1: 6 / 7 });
  expect(b).toEqual({ support: 2, predicted: 2, precision: 0.5, recall: 0.5, f1: 0.5 });
  expect(c).toEqual({ support: 0, predicted: 1, precision: 0, recall: NaN, f1: 0 });
});

it('means several runs of a system, and does not take them for more utterances', () => {
  const random = seeded(4);
  const truth = Array.from({ length: 200 }, () => Math.floor(random() * 3));
  const weak = truth.map((label) => (random() < 0.6 ? label : (label + 1) % 3));
  const strong = truth.map((label) => (random() < 0.8 ? label : (label + 1) % 3));
  const once = pairedDifferences(truth, [weak], [strong], 3, { random: seeded(1), resamples: 4000 });
  const thrice = pairedDifferences(truth, [weak, weak, weak], [strong, strong, strong], 3, {
    random: seeded(1),
    resamples: 4000,
  });
  expect(thrice.ua.difference).toBeCloseTo(once.ua.difference, 12);
  // Other draws of the same distribution: the ends of 4,000 resamples differ by less than this.
  expect(Math.abs(thrice.ua.interval.low - once.ua.interval.low)).toBeLessThan(0.006);
  expect(Math.abs(thrice.ua.interval.high - once.ua.interval.high)).toBeLessThan(0.006);
  const mixed = pairedDifferences(truth, [weak, weak], [weak, strong], 3, { random: seeded(1), resamples: 2000 });
  expect(mixed.wa.difference).toBeCloseTo(once.wa.difference / 2, 12);
  // Two seeds, one with the whole gain and one with none: nothing is shown.
  expect(mixed.wa.interval.low).toBeLessThan(0);
  expect(mixed.wa.interval.high).toBeGreaterThan(once.wa.difference);
});

it("adjusts p-values by Holm's procedure, in the order they came", () => {
  // By hand: sorted 0.01·4, then max(0.04, 0.02·3), then max(0.06, 0.03·2), then max(0.06, 0.9·1).
  const adjusted = holm([0.9, 0.01, 0.03, 0.02]);
  [0.9, 0.04, 0.06, 0.06].forEach((expected, index) => expect(adjusted[index]).toBeCloseTo(expected, 12));
  expect(holm([0.7, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

describe("McNemar's test", () => {
  // Exact rational arithmetic in Python: min(1, 2 * sum(comb(n, k)) / 2**n).
  it.each([
    [0, 0, 1],
    [1, 5, 0.21875],
    [10, 10, 1],
    [3, 12, 0.03515625],
    [40, 80, 0.0003304000183913207],
    [700, 820, 0.002260528308299194],
  ])('gives p of %i against %i', (onlyA, onlyB, p) => {
    expect(mcnemarExact(onlyA, onlyB) / p).toBeCloseTo(1, 10);
    expect(mcnemarExact(onlyB, onlyA) / p).toBeCloseTo(1, 10);
  });

  it('counts only utterances where one is right and the other wrong', () => {
    expect(mcnemar([0, 0, 1, 1, 2], [0, 1, 1, 0, 0], [0, 0, 0, 2, 1])).toEqual({ onlyA: 1, onlyB: 1, p: 1 });
    expect(() => mcnemar([0], [0, 1], [0])).toThrow('1 true classes, 2 and 1 predictions');
  });
});

describe('calibration', () => {
  it('is the weighted gap between confidence and accuracy', () => {
    const { ece, bins } = calibration([0.95, 0.95, 0.55, 0.55], [true, true, true, false], 10);
    // 2/4 · |1 − 0.95| + 2/4 · |0.5 − 0.55|
    expect(ece).toBeCloseTo(0.05, 12);
    expect(bins[9]).toMatchObject({ count: 2, accuracy: 1 });
    expect(bins[0]?.accuracy).toBeNaN();
  });

  it('puts a confidence of 1 into the last bin and refuses what is no probability', () => {
    expect(calibration([1], [true], 5).bins[4]?.count).toBe(1);
    expect(() => calibration([NaN], [true])).toThrow('is not a probability');
    expect(() => calibration([-0.2], [true])).toThrow('is not a probability');
  });
});

it('reports accuracy by speaker over the classes that the speaker has, in numeric order', () => {
  const rows = accuracyByGroup(['10', '2', '2', '2'], [0, 0, 0, 1], [1, 0, 1, 1], 3);
  expect(rows).toEqual([
    { group: '2', utterances: 3, wa: 2 / 3, ua: 0.75 },
    { group: '10', utterances: 1, wa: 0, ua: 0 },
  ]);
});

it('summarises folds by mean and sample deviation', () => {
  expect(meanDeviation([1, 2, 3])).toEqual({ mean: 2, sd: 1, count: 3 });
  expect(meanDeviation([1]).sd).toBeNaN();
  expect(meanDeviation([]).mean).toBeNaN();
});
