import fc from 'fast-check';
import { InputError } from './input-error';
import { mixLabels } from './mix-labels';

describe('mixLabels', () => {
  it('weighs the two labels', () => {
    expect([...mixLabels([1, 0, 0], [0, 0, 1], 0.25)]).toEqual([0.75, 0, 0.25]);
  });

  it('keeps a label that both share, whatever λ', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(3), (lambda, label) => {
        const oneHot = [0, 1, 2, 3].map((c) => (c === label ? 1 : 0));
        expect([...mixLabels(oneHot, oneHot, lambda)]).toEqual(oneHot);
      }),
    );
  });

  it('makes a distribution of two distributions', () => {
    const distribution = fc
      .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map((weights) => weights.map((weight) => weight / weights.reduce((a, b) => a + b)));
    fc.assert(
      fc.property(distribution, distribution, fc.double({ min: 0, max: 1, noNaN: true }), (yi, yj, lambda) => {
        const mixed = mixLabels(yi, yj, lambda);
        expect(mixed.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
        mixed.forEach((p, c) => {
          expect(p).toBeGreaterThanOrEqual(Math.fround(Math.min(yi[c] ?? 0, yj[c] ?? 0)) - 1e-7);
          expect(p).toBeLessThanOrEqual(Math.fround(Math.max(yi[c] ?? 0, yj[c] ?? 0)) + 1e-7);
        });
      }),
    );
  });

  it('refuses labels of different length and a λ that is no weight', () => {
    expect(() => mixLabels([1, 0], [1, 0, 0], 0)).toThrow(
      new InputError('labels must have the same number of classes, got 2 and 3'),
    );
    expect(() => mixLabels([1, 0], [0, 1], -0.1)).toThrow(new InputError('lambda must be in [0, 1], got -0.1'));
    expect(() => mixLabels([1, 0], [0, 1], NaN)).toThrow(InputError);
  });
});
