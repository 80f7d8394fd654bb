import fc from 'fast-check';
import { seeded, normal } from '../random';
import { argmax } from './argmax';
import { atTemperature, fitTemperature } from './temperature';

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map((x) => Math.exp(x - Math.max(...logits)));
  return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
};

/** Utterances whose true class is drawn from the probabilities themselves: honest at temperature 1. */
function honest(count: number, classes = 4): { logits: number[][]; truth: number[] } {
  const random = seeded('honest');
  const logits = Array.from({ length: count }, () => Array.from({ length: classes }, () => 2 * normal(random)));
  const truth = logits.map((row) => {
    let left = random();
    return softmax(row).findIndex((p) => (left -= p) < 0);
  });
  return { logits, truth: truth.map((label) => Math.max(0, label)) };
}

const loss = (probabilities: readonly number[][], truth: readonly number[]): number =>
  probabilities.reduce((total, row, i) => total - Math.log(row[truth[i] ?? -1] ?? NaN), 0) / truth.length;

it('finds the factor by which logits were made too sure', () => {
  const { logits, truth } = honest(4000);
  for (const factor of [0.5, 1, 3]) {
    const found = fitTemperature(
      logits.map((row) => softmax(row.map((x) => factor * x))),
      truth,
    );
    expect(Math.abs(Math.log((found ?? NaN) / factor))).toBeLessThan(0.06);
  }
});

it('is at the least loss: a little more or less is worse', () => {
  const { logits, truth } = honest(300);
  const sure = logits.map((row) => softmax(row.map((x) => 2.5 * x)));
  const best = fitTemperature(sure, truth) ?? NaN;
  const at = (temperature: number): number =>
    loss(
      sure.map((row) => atTemperature(row, temperature)),
      truth,
    );
  expect(at(best)).toBeLessThan(at(1));
  for (const other of [0.97, 1.03]) expect(at(best)).toBeLessThan(at(other * best));
});

it('has no best temperature where everything is right, or worse than chance, or where there is nothing', () => {
  expect(fitTemperature([softmax([2, 0]), softmax([0, 1])], [0, 1])).toBeUndefined();
  expect(fitTemperature([softmax([2, 0]), softmax([0, 1])], [1, 0])).toBeUndefined();
  expect(fitTemperature([], [])).toBeUndefined();
});

it('is the softmax of divided logits, sums to 1, and keeps the class', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 8 }),
      fc.double({ min: 0.1, max: 10, noNaN: true }),
      (logits, temperature) => {
        const scaled = atTemperature(softmax(logits), temperature);
        const expected = softmax(logits.map((x) => x / temperature));
        expect(scaled.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        scaled.forEach((p, i) => expect(p).toBeCloseTo(expected[i] ?? NaN, 9));
        const sorted = [...logits].sort((a, b) => b - a);
        if ((sorted[0] ?? 0) - (sorted[1] ?? 0) > 1e-6) expect(argmax(scaled)).toBe(argmax(logits));
      },
    ),
  );
});

it('takes a probability of 0', () => {
  expect(atTemperature([1, 0], 2).every(Number.isFinite)).toBe(true);
  expect(
    fitTemperature(
      [
        [1, 0],
        [0.6, 0.4],
        [0.3, 0.7],
      ],
      [0, 1, 1],
    ),
  ).toBeGreaterThan(0);
});
