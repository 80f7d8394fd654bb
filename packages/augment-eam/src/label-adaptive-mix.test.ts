import fc from 'fast-check';
import { describeGolden } from '../../../tools/test-support/shared';
import { InputError } from './input-error';
import { labelAdaptiveMix } from './label-adaptive-mix';

interface GoldenWeights {
  length_i: number;
  length_j: number;
  weight_i: number;
  weight_j: number;
}

describeGolden<{ label_adaptive: GoldenWeights[] }>('eam.json', ({ label_adaptive: cases }) => {
  it.each(cases.map((golden) => [golden.length_i, golden.length_j, golden] as const))(
    'weights of %i and %i samples, within 1e-6',
    (lengthA, lengthB, golden) => {
      const { lambda, waveform } = labelAdaptiveMix(new Float32Array(lengthA), new Float32Array(lengthB));
      expect(Math.abs(lambda - golden.weight_j)).toBeLessThan(1e-6);
      expect(Math.abs(1 - lambda - golden.weight_i)).toBeLessThan(1e-6);
      expect(waveform).toHaveLength(Math.max(lengthA, lengthB));
    },
  );
});

describe('labelAdaptiveMix', () => {
  it('halves both signals and continues the shorter one with silence', () => {
    const mix = labelAdaptiveMix(Float32Array.of(1, 1, 1, 1), Float32Array.of(0.5, -1));
    expect([...mix.waveform]).toEqual([0.75, 0, 0.5, 0.5]);
    expect(mix.lambda).toBe(1 / 3);
  });

  it('gives the same mix in either order, with the weights exchanged', () => {
    const signal = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(signal, signal, (a, b) => {
        const one = labelAdaptiveMix(a, b);
        const other = labelAdaptiveMix(b, a);
        expect(one.waveform.every((x, n) => x === other.waveform[n])).toBe(true);
        expect(one.lambda + other.lambda).toBeCloseTo(1, 12);
      }),
    );
  });

  it('refuses an empty signal', () => {
    expect(() => labelAdaptiveMix(new Float32Array(3), new Float32Array(0))).toThrow(
      new InputError('both signals must hold samples, got 3 and 0'),
    );
  });
});
