import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { defaults } from '../config/schema';
import type { Config } from '../config/schema';
import { openEncoder } from '../model/encoder';
import { createModel, disposeModel } from '../model/model';
import { seeded } from '../random';
import { infer } from '../run/evaluate';
import { saveModel } from '../record/model-file';
import { exportModel } from './export';
import { attentionPeaks, predictFile } from './predict';
import { openPredictor } from './predictor';
import { windowsOf } from './windows';

const dir = mkdtempSync(join(tmpdir(), 'ser-use-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const config: Config = { ...defaults, tune: 'all', hiddenSize: 16, heads: 4, projection: 8, trim: 'silence' };
const labels = ['calm', 'angry', 'sad'];

function noise(samples: number): Float32Array {
  const random = seeded('wave', samples);
  return Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 9) * 0.3 + 0.2 * (random() - 0.5));
}

/** 16-bit mono WAV at 16 kHz. */
function writeWav(name: string, wave: Float32Array): string {
  const bytes = Buffer.alloc(44 + 2 * wave.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + 2 * wave.length, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(16_000, 24);
  bytes.writeUInt32LE(32_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * wave.length, 40);
  wave.forEach((x, i) => bytes.writeInt16LE(Math.round(32_000 * x), 44 + 2 * i));
  writeFileSync(join(dir, name), bytes);
  return join(dir, name);
}

let reference: (wave: Float32Array) => number[][];
let dispose: () => void;
beforeAll(async () => {
  await tf.setBackend('cpu');
  const encoder = await openEncoder(config)();
  const model = createModel(config, encoder, labels.length, seeded(1, 'model'));
  await saveModel(join(dir, 'model.safetensors'), model, config, labels);
  await exportModel(dir, join(dir, 'model.onnx'));
  dispose = () => disposeModel(model);
  reference = (wave) =>
    tf.tidy(() => {
      const out = infer(model, {
        waves: tf.tensor2d(wave, [1, wave.length]),
        lengths: tf.tensor1d([wave.length], 'int32'),
      });
      return [out.probabilities, out.embedding, out.attention].map((tensor) => [...tensor.dataSync()]);
    });
}, 120_000);
afterAll(() => dispose());

test.each(['model.safetensors', 'model.onnx'])('%s gives what the model gives, at any length', async (name) => {
  const predictor = await openPredictor(join(dir, name));
  expect(predictor.labels).toEqual(labels);
  expect(predictor.trim).toBe(config.trimDb);
  for (const samples of [900, 4_801, 16_000]) {
    const wave = noise(samples);
    const { probabilities, embedding, attention } = await predictor.judge(wave);
    const expected = reference(wave);
    [probabilities, embedding, attention].forEach((values, part) => {
      expect(values).toHaveLength(expected[part]?.length ?? -1);
      values.forEach((value, i) => expect(Math.abs(value - (expected[part]?.[i] ?? NaN))).toBeLessThan(1e-4));
    });
  }
  await predictor.dispose();
});

test('a long file is heard in windows with a timeline; its probabilities are their mean', async () => {
  const file = writeWav('long.wav', noise(20_000));
  const predictor = await openPredictor(join(dir, 'model.onnx'));
  const { timeline = [], probabilities, peaks } = await predictFile(predictor, file, 0.5);
  expect(timeline.map(({ start, end }) => [start, end])).toEqual([
    [0, 0.5],
    [0.25, 0.75],
    [0.5, 1],
    [0.75, 1.25],
  ]);
  const mean = timeline.reduce((sum, window) => sum + (window.probabilities['angry'] ?? NaN), 0) / 4;
  expect(probabilities['angry']).toBeCloseTo(mean, 6);
  for (const { seconds } of peaks) expect(seconds).toBeLessThan(1.25);
  expect((await predictFile(predictor, file, 10)).timeline).toBeUndefined();
  await expect(predictFile(predictor, writeWav('short.wav', noise(50)), 10)).rejects.toMatchObject({
    name: 'InputError',
  });
  await predictor.dispose();
});

test('a model card is written beside the export', () => {
  const card = readFileSync(join(dir, 'model.md'), 'utf8');
  for (const part of ['calm, angry, sad', '## Limits', 'No finished fold', 'silence more than 40 dB'])
    expect(card).toContain(part);
});

test('what is no model says so', async () => {
  await expect(openPredictor(join(dir, 'nothing'))).rejects.toThrow('no such file');
  writeFileSync(join(dir, 'broken.onnx'), 'no model');
  await expect(openPredictor(join(dir, 'broken.onnx'))).rejects.toMatchObject({ name: 'InputError' });
});

test('windows cover the recording; peaks are local maxima', () => {
  expect(windowsOf(5, 10)).toEqual([{ start: 0, end: 5 }]);
  expect(windowsOf(23, 10)).toEqual([
    { start: 0, end: 10 },
    { start: 5, end: 15 },
    { start: 10, end: 20 },
    { start: 13, end: 23 },
  ]);
  expect(attentionPeaks([0.1, 0.5, 0.1, 0.2, 0.1]).map(({ frame }) => frame)).toEqual([1, 3]);
});
