import fc from 'fast-check';
import { balancedWeights } from './class-weights';

const shares = fc
  .array(fc.array(fc.nat(5), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 30 })
  .map((rows) => rows.filter((row) => row.some((x) => x > 0)).map((row) => normalized(row)))
  .filter((rows) => rows.length > 0);

function normalized(row: readonly number[]): number[] {
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((x) => x / sum);
}

test('N / (C N_c), as scikit-learn has it', () => {
  const hard = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2].map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));
  expect(balancedWeights(hard, 3)).toEqual([10 / 18, 10 / 9, 10 / 3]);
});

test('every class that occurs has the same weight in all, and the mean over utterances is 1', () => {
  fc.assert(
    fc.property(shares, (rows) => {
      const weights = balancedWeights(rows, 4);
      const perClass = weights.map((w, c) => w * rows.reduce((sum, row) => sum + (row[c] ?? 0), 0));
      const present = perClass.filter((total) => total > 0);
      for (const total of present) expect(total).toBeCloseTo(rows.length / present.length, 9);
      expect(perClass.reduce((a, b) => a + b)).toBeCloseTo(rows.length, 9);
    }),
  );
});

test('a class that does not occur changes nothing', () => {
  expect(
    balancedWeights(
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
      3,
    ),
  ).toEqual([1, 1, 1]);
});
