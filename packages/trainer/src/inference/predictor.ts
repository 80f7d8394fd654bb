import * as tf from '@tensorflow/tfjs';
import * as ort from '@ser/onnx-jit/onnxruntime';
import type { Config } from '../config/schema';
import { sampleRate } from '../data/plan';
import { openEngine, type EngineName } from '../training/engine';
import { InputError, messageOf } from '@ser/files';
import { openEncoder } from '../model/encoder';
import { createModel, disposeModel, type Model } from '../model/model';
import { seeded } from '../random';
import { compileInference, type Judgement } from '../run/evaluate';
import { loadModel, readModelCard } from '../record/model-file';
import { readExportMetadata } from './export-metadata';
import { modelFile } from './model-path';

/** A trained model, from a fold's folder or from an exported file, ready for waveforms. */
export interface Predictor {
  readonly labels: readonly string[];
  /** Decibels of the silence trimming, if the model was trained with it. */
  readonly trim?: number;
  readonly minSamples: number;
  /** [samples] mono 16 kHz in. */
  judge(wave: Float32Array): Promise<Omit<Judgement, 'id'>>;
  dispose(): Promise<void>;
}

/**
 * Opens a model: a fold folder (or its `model.safetensors`), or a file of `ser export`.
 * @throws {InputError} saying what was looked for.
 */
export async function openPredictor(
  path: string,
  options: { weights?: string; engine?: EngineName } = {},
): Promise<Predictor> {
  if (path.endsWith('.onnx')) return openExported(path);
  const { model, config, labels } = await openModel(path, options.weights);
  const engine = await openEngine(options.engine ?? 'onnx-cpu', config.threads);
  const inference = compileInference(engine, model);
  const { encoder } = model;
  return {
    labels,
    minSamples: encoder.minSamples,
    ...(config.trim === 'silence' ? { trim: config.trimDb } : {}),
    async judge(wave) {
      // One graph per half second of length; an encoder that must not see padding gets the exact length.
      const grid = encoder.batching === 'padded' ? sampleRate / 2 : 1;
      const padded = new Float32Array(Math.ceil(wave.length / grid) * grid);
      padded.set(wave);
      const waves = tf.tensor2d(padded, [1, padded.length]);
      const lengths = tf.tensor1d([wave.length], 'int32');
      const out = await inference({ waves, lengths });
      const tables = await Promise.all([out.probabilities.array(), out.embedding.array(), out.attention.array()]);
      tf.dispose([waves, lengths, out]);
      const [probabilities = [], embedding = [], attention = []] = tables.map(([row = []]) => row);
      return { probabilities, embedding, attention: attention.slice(0, encoder.frameCount(wave.length)) };
    },
    async dispose() {
      await inference.dispose();
      disposeModel(model);
    },
  };
}

export interface OpenedModel {
  readonly model: Model;
  readonly config: Config;
  readonly labels: readonly string[];
  /** The file it came from. */
  readonly file: string;
}

/** Rebuilds a trained model. The untouched part of a pre-trained encoder is read from `weights` or where it was in training. */
export async function openModel(path: string, weights?: string): Promise<OpenedModel> {
  const file = modelFile(path);
  const { config: stored, labels } = await readModelCard(file);
  const config = weights === undefined ? stored : { ...stored, weights };
  await openEngine('onnx-cpu'); // variables are made on the tfjs CPU backend
  const encoder = await openEncoder(config)();
  const model = createModel(config, encoder, labels.length, seeded(config.seed, 'model'));
  await loadModel(file, model);
  return { model, config, labels, file };
}

async function openExported(path: string): Promise<Predictor> {
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(path);
  } catch (error) {
    throw new InputError(`${path}: cannot be loaded (${messageOf(error).split('\n')[0]})`);
  }
  const about = await readExportMetadata(path);
  return {
    ...about,
    async judge(wave) {
      const waveform = new ort.Tensor('float32', Float32Array.from(wave), [1, wave.length]);
      const out = await session.run({ waveform });
      const values = (name: string): number[] => {
        const data = out[name]?.data;
        if (!(data instanceof Float32Array)) throw new InputError(`${path}: has no output "${name}"`);
        return [...data];
      };
      return { probabilities: values('probabilities'), embedding: values('embedding'), attention: values('attention') };
    },
    dispose: () => session.release(),
  };
}
