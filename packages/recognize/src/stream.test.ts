import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InputError } from './input-error';
import type { Recognition } from './recognition';
import { listen, type Moment, type StreamOptions } from './stream';
import { createVoiceActivity, voiceSegments } from './voice-activity';

const rate = 1000;

/** Quiet noise with a loud tone in the given stretches of seconds. */
function sound(seconds: number, loud: readonly (readonly [number, number])[]): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, i) => {
    const speaks = loud.some(([from, to]) => i >= from * rate && i < to * rate);
    return 0.002 * Math.sin(i * 7.3) + (speaks ? 0.3 * Math.sin(i) : 0);
  });
}

const answer = (samples: Float32Array): Recognition => ({
  label: String(samples.length),
  probabilities: {},
  embedding: samples,
  start: 0,
  end: samples.length / rate,
  timeline: [],
});

async function momentsOf(chunks: Iterable<Float32Array>, options?: StreamOptions): Promise<Moment[]> {
  const moments: Moment[] = [];
  for await (const moment of listen((samples) => Promise.resolve(answer(samples)), chunks, rate, options))
    moments.push(moment);
  return moments;
}

test('answers every hop about the last window, while somebody speaks', async () => {
  const whole = sound(6, [[2, 4]]);
  const moments = await momentsOf([whole], { hop: 1, window: 2 });
  expect(moments.map(({ time, speaking }) => [time, speaking])).toEqual([
    [1, false],
    [2, false],
    [3, true],
    [4, true],
    [5, true], // a pause of 0.3 s belongs to the speech before it
    [6, false],
  ]);
  expect(moments.map(({ recognition }) => recognition?.label)).toEqual([
    undefined,
    undefined,
    '2000',
    '2000',
    '2000',
    undefined,
  ]);
  expect(moments[2]?.recognition?.embedding).toEqual(whole.slice(1000, 3000));
});

test('gives the same whatever the pieces in which the sound comes', async () => {
  const whole = sound(4, [[1, 3]]);
  const expected = await momentsOf([whole]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3999 }), { maxLength: 40 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const pieces = edges.slice(1).map((end, i) => whole.subarray(edges[i], end));
      expect(await momentsOf(pieces)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test('too little sound for the model is no answer yet; a defect is not hidden', async () => {
  const loud = [sound(1, [[0.2, 1]])];
  const failing = async (error: Error): Promise<Moment[]> => {
    const moments: Moment[] = [];
    for await (const moment of listen(() => Promise.reject(error), loud, rate)) moments.push(moment);
    return moments;
  };
  expect((await failing(new InputError('short'))).every(({ recognition }) => recognition === undefined)).toBe(true);
  await expect(failing(new Error('defect'))).rejects.toThrow('defect');
});

test.each([{ hop: 0 }, { window: NaN }, { hop: Infinity }])('refuses %j', async (options) => {
  await expect(momentsOf([], options)).rejects.toMatchObject({ name: 'InputError' });
});

test('voice segments are where it is loud; short pauses are inside', () => {
  const segments = voiceSegments(
    sound(10, [
      [1, 2],
      [2.2, 3],
      [6, 7],
    ]),
    { sampleRate: rate },
  );
  expect(segments.map(({ start, end }) => [start.toFixed(1), end.toFixed(1)])).toEqual([
    ['1.0', '3.0'],
    ['6.0', '7.0'],
  ]);
  expect(voiceSegments(new Float32Array(5000), { sampleRate: rate })).toEqual([]);
  expect(voiceSegments(new Float32Array(3), { sampleRate: rate })).toEqual([]);
});

test('a background that becomes louder is background after a while', () => {
  const activity = createVoiceActivity({ sampleRate: rate });
  activity.push(sound(1, []));
  const hum = Float32Array.from({ length: 1000 }, (_, i) => 0.05 * Math.sin(i * 1.7));
  expect(activity.push(hum)).toBe(true);
  const later = Array.from({ length: 14 }, () => activity.push(hum));
  expect(later.at(-1)).toBe(false);
});
