import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandomEncoder, saveEncoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { tinyConfigs } from '../../../../tools/test-support/tiny-encoders';
import { defaults } from '../config/schema';
import type { Config } from '../config/schema';
import { openEncoder } from '../model/encoder';
import { createModel, disposeModel, openEncoders } from '../model/model';
import { seeded } from '../random';
import { readModelCard, saveModel, untouchedHash } from '../record/model-file';
import { spoken } from '../testing/tiny-model';
import { exportModel } from './export';
import { modelWeights } from './model-weights';
import { openModel } from './trained-model';
import { openRecognizer } from './open-recognizer';

// A model file names the folder of its pre-trained encoder, and holds the hash of what training left as it was.

const root = mkdtempSync(join(tmpdir(), 'ser-weights-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]): string => join(root, ...names);
const model = at('model', 'model.safetensors');
const labels = ['calm', 'upset'];

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const name of ['right', 'other']) {
    const encoder = createRandomEncoder(tinyConfigs.wavlmBase, seeded(name));
    await saveEncoder(encoder, at(name));
    encoder.dispose();
  }
  cpSync(at('right'), at('model', 'encoder'), { recursive: true });
  const config: Config = {
    ...defaults,
    encoder: 'wavlm',
    weights: 'encoder',
    tune: 'top:1',
    heads: 2,
    projection: 4,
    pool: 'mean',
  };
  const encoder = await openEncoder({ ...config, weights: at('right') })();
  const trained = createModel(config, { encoder }, 2, seeded('model'));
  await saveModel(model, trained, { config, labels, untouched: await untouchedHash(trained) });
  disposeModel(trained);
}, 60_000);

test('a relative folder is found from the model file on, wherever the program runs', () => {
  expect(modelWeights(model, 'encoder', undefined)).toEqual({ weights: at('model', 'encoder'), offline: true });
  expect(modelWeights(model, at('right'), undefined)).toEqual({ weights: at('right'), offline: true });
  expect(modelWeights(model, 'encoder', 'given')).toEqual({ weights: 'given', offline: false });
});

test('a model that is older than fingerprints is opened with a word: its encoder cannot be checked', async () => {
  const old = at('old.safetensors');
  const card = await readModelCard(model);
  const notes: string[] = [];
  const opened = await openModel(model, at('right'), (line) => notes.push(line));
  expect(notes).toEqual([]);
  await saveModel(old, opened.model, { config: card.config, labels: card.labels });
  disposeModel(opened.model);
  disposeModel((await openModel(old, at('right'), (line) => notes.push(line))).model);
  expect(notes).toEqual([`${old} is older than fingerprints: whether ${at('right')} is its encoder cannot be checked`]);
}, 60_000);

test('a folder that is not there names --weights; a hub id of a file is looked up among the downloads alone', () => {
  expect(() => modelWeights(model, '/moved/away', undefined)).toThrow(
    `${model}: its pre-trained encoder was in /moved/away, which is not there: name its folder with --weights=DIR`,
  );
  expect(modelWeights(model, 'somebody/encoder', undefined)).toEqual({ weights: 'somebody/encoder', offline: true });
});

test('the encoder of training gives the same answer beside the model, under another path, and in the exported file', async () => {
  const wave = spoken(16_000);
  const exported = at('exported.onnx');
  await exportModel(model, exported, { weights: at('right') });
  const answers: unknown[] = [];
  for (const [path, weights] of [
    [model, undefined],
    [model, at('right')],
    [exported, undefined],
  ] as const) {
    const recognizer = await openRecognizer(path, weights === undefined ? {} : { weights });
    answers.push((await recognizer.recognize(wave)).probabilities);
    await recognizer.close();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[2]).toEqual(answers[0]);
}, 60_000);

test('another encoder of the same shape is refused, to predict and to export, and so is one that was exchanged in place', async () => {
  const refusal = (folder: string): string =>
    `${folder}: these are not the weights of the encoder that ${model} was trained with`;
  await expect(openRecognizer(model, { weights: at('other') })).rejects.toMatchObject({
    name: 'InputError',
    message: refusal(at('other')),
  });
  await expect(exportModel(model, at('refused.onnx'), { weights: at('other') })).rejects.toThrow(refusal(at('other')));
  const moved = at('moved');
  mkdirSync(moved);
  cpSync(model, join(moved, 'model.safetensors'));
  cpSync(at('other'), join(moved, 'encoder'), { recursive: true });
  await expect(openRecognizer(moved)).rejects.toThrow(/these are not the weights of the encoder/);
  expect(() => readFileSync(at('refused.onnx'))).toThrow('ENOENT');
}, 60_000);

test('a model with a probe beside it needs every weight of its encoder as it came', async () => {
  const fused = at('fused');
  mkdirSync(fused);
  const config: Config = {
    ...defaults,
    encoder: 'wavlm',
    weights: at('right'),
    tune: 'transformer',
    fusion: 'probe',
    heads: 2,
    projection: 4,
  };
  const trained = createModel(config, await openEncoders(config, openEncoder(config)), 2, seeded('model'));
  for (const { group, variable } of trained.trainable)
    if (group === 'encoder') variable.assign(tf.tidy(() => tf.mul(variable, 0.9)));
  const file = join(fused, 'model.safetensors');
  await saveModel(file, trained, { config, labels, untouched: await untouchedHash(trained) });
  const { model: opened } = await openModel(file);
  const weightsOf = ({ encoder, untuned }: typeof opened): unknown[] =>
    [encoder, untuned].map((one) => [...(one?.parameters.values() ?? [])].map((variable) => [...variable.dataSync()]));
  expect(weightsOf(opened)).toEqual(weightsOf(trained));
  await expect(openModel(file, at('other'))).rejects.toThrow(/these are not the weights of the encoder/);
  disposeModel(opened);
  disposeModel(trained);
}, 60_000);
