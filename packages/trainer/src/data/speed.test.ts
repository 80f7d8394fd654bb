import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeSpeed, playedSamples } from './speed';

const tone = (hertz: number, samples: number): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 16_000));

describe('changeSpeed', () => {
  it('multiplies frequency by the factor and divides duration by it', () => {
    const played = changeSpeed(tone(400, 8_000), 1.25);
    const expected = tone(500, 6_400);
    expect(played).toHaveLength(6_400);
    // Away from the ends, where samples outside of the waveform would be needed.
    const errors = played.subarray(4, -4).map((v, i) => Math.abs(v - (expected[i + 4] ?? NaN)));
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });

  it('gives as many finite samples as planning counted on, within the range of the waveform', () => {
    const wave = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(wave, fc.double({ min: 0.5, max: 2, noNaN: true }), (values, factor) => {
        const played = changeSpeed(Float32Array.from(values), factor);
        expect(played).toHaveLength(playedSamples(values.length, factor));
        // A cubic through four points overshoots them by at most a quarter.
        expect(played.every((v) => Math.abs(v) <= 1.25)).toBe(true);
      }),
    );
  });
});
