import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readModelMetadata } from '@ser/onnx-jit/proto';
import * as ort from '@ser/onnx-jit/onnxruntime';
import type { Recognizer } from '@ser/recognize';
import * as tf from '@tensorflow/tfjs';
import { describeIf } from '../../../../tools/test-support/describe-if';
import { defaults } from '../config/schema';
import { speechBounds } from '../data/trim';
import { atTemperature } from '../metrics';
import { parameter } from '../model/model';
import { seeded } from '../random';
import { saveModel } from '../record/model-file';
import { pythonWith } from '../testing/python';
import { spoken, tinyLabels, tinyModel, writeWav, type TinyModel } from '../testing/tiny-model';
import { buildModel } from './build-model';
import { exportModel } from './export';
import { openRecognizer } from './open-recognizer';
import { snippets } from './snippets';

const trimDb = 40;
let tiny: TinyModel;
let dir: string;
let onnx: string;
let recognizer: Recognizer;
beforeAll(async () => {
  tiny = await tinyModel({ trim: 'silence', trimDb });
  ({ dir } = tiny);
  onnx = join(dir, 'emotion.onnx');
  await exportModel(dir, onnx, { window: 1 });
  recognizer = await openRecognizer(onnx);
}, 120_000);
afterAll(async () => {
  await recognizer.close();
  tiny.dispose();
  rmSync(dir, { recursive: true, force: true });
});

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length ? Math.max(...Array.from(a, (x, i) => Math.abs(x - (b[i] ?? NaN)))) : Infinity;

test('a raw recording is trimmed in the file, and gives what the model gives for its speech', async () => {
  for (const [samples, silence] of [
    [900, 0],
    [4_801, 0],
    [16_000, 3_000],
    [20_000, 5_123],
  ] as const) {
    const wave = spoken(samples, silence);
    const { start, end } = speechBounds(wave, trimDb);
    const heard = await recognizer.recognize(wave);
    expect([heard.start * 16_000, heard.end * 16_000]).toEqual([start, end]);
    const expected = tiny.reference(wave.slice(start, end));
    expect(furthest(Object.values(heard.probabilities), expected.probabilities)).toBeLessThan(2e-6);
    expect(furthest(heard.embedding, expected.embedding)).toBeLessThan(2e-5);
    expect(heard.timeline).toHaveLength(1);
    expect(furthest(heard.timeline[0]?.attention ?? [], expected.attention)).toBeLessThan(2e-6);
  }
});

test('silence alone is kept whole, as in training', async () => {
  const { start, end } = await recognizer.recognize(new Float32Array(5_000));
  expect([start * 16_000, end * 16_000]).toEqual([0, 5_000]);
});

test('a long recording is heard in windows inside of the file; its probabilities are their mean', async () => {
  const wave = spoken(45_000, 3_000);
  const { start, end } = speechBounds(wave, trimDb);
  const { timeline, probabilities } = await recognizer.recognize(wave);
  const last = (end - 16_000) / 16_000;
  expect(timeline.map((window) => window.start)).toEqual([0, 0.5, 1, 1.5].map((s) => s + start / 16_000).concat(last));
  for (const window of timeline) {
    expect(window.end - window.start).toBeCloseTo(1, 9);
    const expected = tiny.reference(wave.slice(window.start * 16_000, window.end * 16_000));
    expect(furthest(Object.values(window.probabilities), expected.probabilities)).toBeLessThan(2e-6);
    expect(furthest(window.attention, expected.attention)).toBeLessThan(2e-6);
  }
  const mean = timeline.reduce((sum, window) => sum + (window.probabilities['angry'] ?? NaN), 0) / timeline.length;
  expect(probabilities['angry']).toBeCloseTo(mean, 6);
});

test('any batch with lengths gives each row what it gives alone; a row without enough sound gives NaN and harms none', async () => {
  const rows = [spoken(20_000, 3_000), spoken(45_000), spoken(100), spoken(9_000, 100)];
  const samples = 48_000;
  // What is behind a row's length is rubbish on purpose.
  const waveform = new Float32Array(rows.length * samples).fill(0.7);
  rows.forEach((row, i) => waveform.set(row, i * samples));
  const session = await ort.InferenceSession.create(onnx);
  const out = await session.run({
    waveform: new ort.Tensor('float32', waveform, [rows.length, samples]),
    lengths: new ort.Tensor(
      'int64',
      BigInt64Array.from(rows, ({ length }) => BigInt(length)),
      [rows.length],
    ),
  });
  const numbers = out['probabilities']?.data as Float32Array;
  for (const [i, row] of rows.entries()) {
    const own = [...numbers.subarray(3 * i, 3 * i + 3)];
    if (row.length < 201) expect(own).toEqual([NaN, NaN, NaN]);
    else expect(furthest(own, Object.values((await recognizer.recognize(row)).probabilities))).toBeLessThan(2e-6);
  }
  expect([...new Set((out['windows']?.data as BigInt64Array).filter((_, i) => i % 4 === 0))]).toEqual([0n, 1n, 2n, 3n]);
  await session.release();
});

test('a recording without a number is an error that says so, never a label', async () => {
  await expect(recognizer.recognize(spoken(100))).rejects.toMatchObject({
    name: 'InputError',
    message: '0.006 s of sound, expected at least 0.013 s',
  });
  await expect(recognizer.recognize(spoken(4_000).fill(NaN, 7, 8))).rejects.toThrow('sample 7 is NaN');
  await expect(recognizer.recognize(spoken(4_000).fill(3e38))).rejects.toThrow('the model gives no number');
});

test('only operators of ONNX itself by default; those of ONNX Runtime when asked for, with the same numbers', async () => {
  const plain = readFileSync(onnx);
  expect(plain.includes('com.microsoft')).toBe(false);
  const fused = join(dir, 'fused.onnx');
  const { description } = await exportModel(dir, fused, { window: 1, operators: 'onnxruntime' });
  expect(description.operators).toEqual({ 'ai.onnx': 17, 'com.microsoft': 1 });
  expect(readFileSync(fused).includes('com.microsoft')).toBe(true);
  const other = await openRecognizer(fused);
  const wave = spoken(20_000, 3_000);
  const [a, b] = [await recognizer.recognize(wave), await other.recognize(wave)];
  expect(furthest(Object.values(a.probabilities), Object.values(b.probabilities))).toBeLessThan(2e-6);
  await other.close();
});

test('fp16 and int8 are smaller and close', async () => {
  const wide = await tinyModel({ hiddenSize: 64, projection: 64 });
  const wave = spoken(16_000);
  const expected = wide.reference(wave).probabilities;
  const sizes: number[] = [];
  for (const [precision, tolerance] of [
    ['fp32', 2e-6],
    ['fp16', 2e-3],
    ['int8', 5e-2],
  ] as const) {
    const path = join(wide.dir, `${precision}.onnx`);
    const { description, notes } = await exportModel(wide.dir, path, { precision });
    expect(description.precision).toBe(precision);
    expect(notes.join()).toMatch(precision === 'fp32' ? /^$/ : /not measured: .*predictions of the fold/);
    sizes.push(description.bytes);
    const opened = await openRecognizer(path);
    const difference = furthest(Object.values((await opened.recognize(wave)).probabilities), expected);
    expect(difference).toBeLessThan(tolerance);
    if (precision !== 'fp32') expect(difference).toBeGreaterThan(0);
    await opened.close();
  }
  expect([...sizes].sort((a, b) => b - a)).toEqual(sizes);
  wide.dispose();
  rmSync(wide.dir, { recursive: true, force: true });
});

test("a fold's folder gives the file's numbers, and the embedding of any layer", async () => {
  const trained = await openRecognizer(dir, { window: 1 });
  const wave = spoken(20_000, 3_000);
  expect((await trained.recognize(wave)).probabilities).toEqual((await recognizer.recognize(wave)).probabilities);
  await trained.close();
  const layer = await openRecognizer(dir, { embedding: 0 });
  expect((await layer.recognize(wave)).embedding).toHaveLength(16);
  await layer.close();
  await expect(openRecognizer(dir, { embedding: 7 })).rejects.toThrow('--layer=7: this encoder has layers 0 to 0');
});

test('calibrated on request: the logits over the temperature, said in the description and on the card', async () => {
  const sure = await tinyModel({}, 0.25);
  const wave = spoken(16_000);
  const { probabilities } = sure.reference(wave);
  const path = join(sure.dir, 'calibrated.onnx');
  const { description } = await exportModel(sure.dir, path, { calibrated: true });
  expect(description.temperature).toBe(0.25);
  expect(readFileSync(path.replace(/onnx$/, 'md'), 'utf8')).toContain('logits are divided by 0.250');
  const calibrated = await openRecognizer(path);
  const heard = Object.values((await calibrated.recognize(wave)).probabilities);
  expect(furthest(heard, atTemperature(probabilities, 0.25))).toBeLessThan(5e-6);
  expect(furthest(heard, probabilities)).toBeGreaterThan(0.01);
  await calibrated.close();
  await expect(openRecognizer(path, { calibrated: true })).rejects.toThrow('exported already');
  await expect(openRecognizer(dir, { calibrated: true })).rejects.toThrow(/--calibrated: .* has no temperature/);
  sure.dispose();
  rmSync(sure.dir, { recursive: true, force: true });
});

test('a run answers with all its folds', async () => {
  const run = join(dir, 'run');
  mkdirSync(join(run, 'fold-1'), { recursive: true });
  mkdirSync(join(run, 'fold-2'));
  const other = await tinyModel({ trim: 'silence', trimDb, seed: 2 });
  writeFileSync(join(run, 'config.json'), '{}');
  writeFileSync(join(run, 'fold-1', 'model.safetensors'), readFileSync(join(dir, 'model.safetensors')));
  writeFileSync(join(run, 'fold-2', 'model.safetensors'), readFileSync(join(other.dir, 'model.safetensors')));
  const both = await openRecognizer(run);
  const wave = spoken(12_000);
  const [a, b] = [tiny, other].map(({ reference }) => reference(wave).probabilities);
  const mean = a?.map((p, i) => (p + (b?.[i] ?? NaN)) / 2) ?? [];
  expect(furthest(Object.values((await both.recognize(wave)).probabilities), mean)).toBeLessThan(2e-6);
  await both.close();
  other.dispose();
  rmSync(other.dir, { recursive: true, force: true });
});

test('the file says itself what its JSON says, and what is no model says so', async () => {
  const json = JSON.parse(readFileSync(join(dir, 'emotion.json'), 'utf8')) as Record<string, unknown>;
  expect(json).toMatchObject({ labels: tinyLabels, sampleRate: 16_000, windowSamples: 16_000, trimSilenceDb: 40 });
  expect(JSON.parse(readModelMetadata(readFileSync(onnx))['labels'] ?? '')).toEqual(tinyLabels);
  const alone = join(dir, 'alone.onnx');
  writeFileSync(alone, readFileSync(onnx));
  const opened = await openRecognizer(alone);
  expect(opened.description).toEqual(json);
  await opened.close();
  await expect(openRecognizer(alone, { window: 2 })).rejects.toThrow('--window=2');
  writeFileSync(join(dir, 'broken.onnx'), 'no model');
  await expect(openRecognizer(join(dir, 'broken.onnx'))).rejects.toMatchObject({ name: 'InputError' });
  await expect(openRecognizer(join(dir, 'nothing'))).rejects.toThrow('no such file');
  await expect(buildModel(dir, 'm.onnx', { window: 0.1 })).rejects.toThrow('at least 0.5 seconds');
});

test('an export is written over by an export, and nothing else is', async () => {
  await exportModel(dir, onnx, { window: 1 });
  const own = join(dir, 'notes.md');
  writeFileSync(own, 'mine');
  await expect(exportModel(dir, join(dir, 'notes.onnx'))).rejects.toThrow('notes.md: is there already');
  expect(readFileSync(own, 'utf8')).toBe('mine');
  await expect(exportModel(dir, join(dir, 'model.safetensors'))).rejects.toThrow('ends in .onnx');
});

test("the card's program for Node runs as it stands", async () => {
  const project = join(dir, 'project');
  mkdirSync(project);
  const workspace = resolve(__dirname, '..', '..', '..', '..');
  symlinkSync(join(workspace, 'node_modules'), join(project, 'node_modules'));
  for (const ending of ['onnx', 'json'])
    copyFileSync(join(dir, `emotion.${ending}`), join(project, `emotion.${ending}`));
  writeWav(join(project, 'voice.wav'), spoken(40_000, 3_000));
  writeFileSync(join(project, 'program.mjs'), snippets('emotion').node);
  const printed = execFileSync(process.execPath, ['--conditions=@ser/source', '--import', 'tsx', 'program.mjs'], {
    cwd: project,
    encoding: 'utf8',
  });
  const { label, probabilities, timeline } = await recognizer.recognize(join(project, 'voice.wav'));
  const [first = '', ...windows] = printed.split(/\}\n/);
  expect(first.startsWith(`${label} {`)).toBe(true);
  for (const [name, p] of Object.entries(probabilities))
    expect(Math.abs(Number(new RegExp(`${name}: ([\\d.e-]+)`).exec(first)?.[1]) - p)).toBeLessThan(1e-5);
  expect(windows.join().trim().split('\n')).toEqual(
    timeline.map(({ start, end, label: of }) => `${start}–${end} s: ${of}`),
  );
}, 60_000);

const python = pythonWith('numpy', 'onnx', 'onnxruntime');
describeIf(python !== undefined, 'Python: no onnx and onnxruntime there; SER_PYTHON names another Python')(
  'in Python',
  () => {
    const run = (code: string): string =>
      execFileSync(python ?? '', ['-c', code], { cwd: dir, encoding: 'utf8', timeout: 60_000 });

    test("the checker and ONNX's reference evaluator accept the file, and agree with ONNX Runtime", () => {
      const far = run(`
import numpy as np, onnx, onnxruntime
from onnx.reference import ReferenceEvaluator
model = onnx.load("emotion.onnx")
onnx.checker.check_model(model, full_check=True)
time = np.arange(2 * 20000) % 20000
wave = np.where((time > 3000) & (time < 19000), 0.3 * np.sin(time / 9), 0).astype(np.float32).reshape(2, 20000)
feeds = {"waveform": wave, "lengths": np.array([20000, 9000])}
ours = onnxruntime.InferenceSession("emotion.onnx").run(None, feeds)
theirs = ReferenceEvaluator(model).run(None, feeds)
assert all(a.shape == b.shape for a, b in zip(ours, theirs))
print(max(np.abs(a - b).max() for a, b in zip(ours, theirs)))`);
      expect(Number(far)).toBeLessThan(2e-5);
    }, 60_000);

    test("the card's program gives the numbers of ser predict", async () => {
      writeWav(join(dir, 'voice.wav'), spoken(40_000, 3_000));
      const [label, ...rest] = run(snippets('emotion').python).trim().split(' ');
      const theirs = JSON.parse(rest.join(' ').replaceAll("'", '"')) as Record<string, number>;
      const ours = await recognizer.recognize(join(dir, 'voice.wav'));
      expect(label).toBe(ours.label);
      expect(furthest(Object.values(theirs), Object.values(ours.probabilities))).toBeLessThan(1e-5);
    }, 60_000);
  },
);

test('a model with a probe beside it brings the encoder as it came, too', async () => {
  const fused = await tinyModel({ fusion: 'probe' });
  try {
    const random = seeded('fused');
    const change = (variable: tf.Variable, by: number): void =>
      variable.assign(
        tf.tidy(() =>
          tf.add(
            variable,
            tf.tensor(
              Float32Array.from(variable.dataSync(), () => by * (random() - 0.5)),
              variable.shape,
            ),
          ),
        ),
      );
    for (const { group, variable } of fused.model.trainable) if (group === 'encoder') change(variable, 0.3);
    for (const name of ['probe.weight', 'probe.bias']) change(parameter(fused.model, name), 1);
    const { settings } = fused.model;
    const config = { ...defaults, hiddenSize: 16, ...settings };
    await saveModel(join(fused.dir, 'model.safetensors'), fused.model, { config, labels: tinyLabels });
    const opened = await openRecognizer(fused.dir);
    const wave = spoken(9_000);
    const expected = fused.reference(wave);
    const heard = await opened.recognize(wave);
    expect(furthest(Object.values(heard.probabilities), expected.probabilities)).toBeLessThan(2e-6);
    expect(furthest(heard.embedding, expected.embedding)).toBeLessThan(2e-5);
    await opened.close();
  } finally {
    fused.dispose();
    rmSync(fused.dir, { recursive: true, force: true });
  }
});

test('a model that normalises by speaker is not exported: one recording does not tell its speaker', async () => {
  const normalized = await tinyModel({ speakerNormalize: true });
  await expect(openRecognizer(normalized.dir)).rejects.toThrow(
    /this model knows a speaker's frames by all of his utterances \(speakerNormalize\).*`ser evaluate`/,
  );
  normalized.dispose();
  rmSync(normalized.dir, { recursive: true, force: true });
});
