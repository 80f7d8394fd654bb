import { describe, expect, test } from '@jest/globals';
import { attentionPeaks } from './attention-peaks';
import { readDescription, type ModelDescription } from './description';
import { readOutput } from './recognition';

const description: ModelDescription = {
  format: 'ser-model/1',
  name: 'm',
  file: 'm.onnx',
  bytes: 1,
  sha256: '',
  precision: 'fp32',
  operators: { 'ai.onnx': 17 },
  labels: ['calm', 'angry'],
  sampleRate: 16_000,
  minSamples: 400,
  windowSamples: 16_000,
  hopSamples: 8_000,
  framesPerSecond: 4,
  embeddingSize: 1,
};

const output = {
  probabilities: Float32Array.of(0.25, 0.75),
  embedding: Float32Array.of(1),
  windowProbabilities: Float32Array.of(0.5, 0.5, 0, 1),
  attention: Float32Array.of(0.1, 0.6, 0.3, 0, 0.1, 0.2, 0.5, 0.2),
  windows: BigInt64Array.of(0n, 1600n, 13_600n, 3n, 0n, 9600n, 25_600n, 4n),
};

test('numbers get names and times', () => {
  const heard = readOutput(output, description, () => 1e30);
  expect(heard).toMatchObject({ label: 'angry', probabilities: { calm: 0.25, angry: 0.75 }, start: 0.1, end: 1.6 });
  expect(heard.timeline.map(({ start, end, label }) => [start, end, label])).toEqual([
    [0.1, 0.85, 'calm'],
    [0.6, 1.6, 'angry'],
  ]);
  expect(heard.timeline.map(({ attention }) => attention.length)).toEqual([3, 4]);
});

test('attention peaks are local maxima, in seconds of the recording', () => {
  const [first, second, ...others] = attentionPeaks(
    readOutput(output, description, () => 1e30),
    4,
  );
  expect(others).toEqual([]);
  expect(first?.seconds).toBeCloseTo(0.6 + 2.5 / 4, 9);
  expect(first?.weight).toBeCloseTo(2, 6);
  expect(second?.seconds).toBeCloseTo(0.1 + 1.5 / 4, 9);
});

describe('no number is no label', () => {
  const none = { ...output, probabilities: Float32Array.of(NaN, NaN) };
  test('too little sound is said in seconds', () => {
    const short = { ...none, windows: BigInt64Array.of(0n, 0n, 100n, 1n), attention: new Float32Array(4) };
    expect(() => readOutput(short, description, () => 1e30)).toThrow('0.006 s of sound, expected at least 0.025 s');
  });
  test('one NaN is enough', () => {
    const one = { ...output, probabilities: Float32Array.of(0.9, NaN) };
    expect(() => readOutput(one, description, () => 1e30)).toThrow('no number for it; its largest sample is 1e+30');
  });
});

test.each([
  [{}, 'format is undefined'],
  [null, 'no JSON object'],
  [{ ...description, labels: ['one'] }, 'labels is no list'],
  [{ ...description, sampleRate: '16000' }, 'sampleRate is "16000"'],
  [{ ...description, file: '../m.onnx' }, 'file is "../m.onnx"'],
])('a description that is none: %j', (value, message) => {
  expect(() => readDescription(value, 'm.json')).toThrow(message);
});

test('a description is taken as it is', () => expect(readDescription(description, 'm.json')).toBe(description));
