import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { sharedFolder } from '../testing/outside';
import { readWaveform } from './read-waveform';
import { resample } from './resample';

/** An exponential sine sweep from 50 Hz to `top` Hz, its phase known at every time. */
function sweep(rate: number, seconds: number, top: number): Float32Array {
  const k = Math.log(top / 50) / seconds;
  return Float32Array.from(
    { length: Math.round(rate * seconds) },
    (_, n) => 0.9 * Math.sin(((2 * Math.PI * 50) / k) * Math.expm1((k * n) / rate)),
  );
}

function decibels(x: number): number {
  return 20 * Math.log10(x);
}

test.each([44_100, 48_000, 22_050, 96_000, 32_000])(
  'a sine sweep from %d Hz is right to -90 dB of full scale',
  async (rate) => {
    const wanted = sweep(16_000, 3, 7400);
    const got = await resample(sweep(rate, 3, 7400), rate, 16_000);
    expect(got).toHaveLength(wanted.length);
    let worst = 0;
    // The filter reaches 20 ms beyond the ends, where the signal is taken to be zero.
    for (let i = 320; i < wanted.length - 320; i++) worst = Math.max(worst, Math.abs((got[i] ?? 0) - (wanted[i] ?? 0)));
    expect(decibels(worst)).toBeLessThan(-90);
  },
);

test('upsampling from 8 kHz is right to -90 dB as well', async () => {
  const wanted = sweep(16_000, 2, 3700);
  const got = await resample(sweep(8000, 2, 3700), 8000, 16_000);
  let worst = 0;
  for (let i = 640; i < wanted.length - 640; i++) worst = Math.max(worst, Math.abs((got[i] ?? 0) - (wanted[i] ?? 0)));
  expect(decibels(worst)).toBeLessThan(-90);
});

test('what lies above 8 kHz does not fold back', async () => {
  for (const frequency of [8300, 10_000, 15_000, 20_000]) {
    const tone = Float32Array.from(
      { length: 48_000 },
      (_, n) => 0.9 * Math.sin((2 * Math.PI * frequency * n) / 48_000),
    );
    const got = (await resample(tone, 48_000, 16_000)).subarray(400, -400);
    expect(decibels(got.reduce((most, x) => Math.max(most, Math.abs(x)), 0))).toBeLessThan(-90);
  }
});

test('lengths round, long signals go through in pieces, and equal rates change nothing', async () => {
  expect(await resample(new Float32Array(1), 48_000, 16_000)).toHaveLength(1);
  expect(await resample(new Float32Array(200_000), 44_100, 16_000)).toHaveLength(Math.round((200_000 * 160) / 441));
  const same = new Float32Array([1, 2]);
  expect(await resample(same, 16_000, 16_000)).toBe(same);
});

const there = existsSync(sharedFolder('data/ravdess-48k-samples'));
describeIf(there, 'no recordings in shared/data')('real speech at 48 kHz', () => {
  test('agrees with the 16 kHz version that sox made', async () => {
    const name = 'Actor_05/03-01-02-01-02-02-05.wav';
    const ours = await readWaveform(path.join(sharedFolder('data/ravdess-48k-samples'), name));
    const theirs = await readWaveform(path.join(sharedFolder('data/ravdess-16k'), name));
    expect(ours).toHaveLength(theirs.length);
    const energy = theirs.reduce((sum, x) => sum + x * x, 0);
    const error = theirs.reduce((sum, x, i) => sum + (x - (ours[i] ?? 0)) ** 2, 0);
    // sox rounds to 16 bits, and this recording is quiet.
    expect(10 * Math.log10(energy / error)).toBeGreaterThan(40);
  });
});
