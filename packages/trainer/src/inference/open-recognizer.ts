import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readWaveform, readWaveformBytes } from '@ser/datasets';
import * as ort from '@ser/onnx-jit/onnxruntime';
import {
  open,
  readDescription,
  type Decode,
  type ModelDescription,
  type OpenOptions,
  type Recognizer,
} from '@ser/recognize';
import { InputError, messageOf, readJsonIfThere } from '@ser/files';
import { allDataIndex, foldFolder } from '../record/fold-result';
import { buildModel, descriptionInside, type BuildOptions } from './build-model';
import { ensembleOf } from './ensemble';
import { modelFile } from './model-path';

/** Execution providers of ONNX Runtime by the names that `--engine` has for them. */
export const inferenceEngines = { 'onnx-cpu': 'cpu', 'onnx-webgpu': 'webgpu', 'onnx-cuda': 'cuda' } as const;
export type InferenceEngine = keyof typeof inferenceEngines;

export interface OpenRecognizerOptions extends BuildOptions {
  readonly engine?: InferenceEngine;
}

/**
 * Opens a trained model: a file of `ser export`; a fold's folder or its `model.safetensors`, which is exported in
 * memory, so that it gives the same numbers; or a run's folder, whose folds answer together (the mean of their
 * probabilities).
 *
 * @throws {InputError} saying what was looked for
 */
export async function openRecognizer(path: string, options: OpenRecognizerOptions = {}): Promise<Recognizer> {
  if (path.endsWith('.onnx')) return openExported(path, options);
  const folds = foldsOf(path);
  if (folds.length === 0) return openTrained(path, options);
  const members: Recognizer[] = [];
  for (const fold of folds) members.push(await openTrained(fold, options));
  return ensembleOf(members);
}

/** The folders of the folds of a run that have a model, or else that of all data; none when the folder is no run. */
export function foldsOf(path: string): string[] {
  if (!existsSync(join(path, 'config.json')) || existsSync(join(path, 'model.safetensors'))) return [];
  const hasModel = (dir: string): boolean => existsSync(join(dir, 'model.safetensors'));
  const folds = readdirSync(path)
    .filter((name) => /^fold-\d+$/.test(name))
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .map((name) => join(path, name))
    .filter(hasModel);
  return folds.length > 0 ? folds : [foldFolder(path, allDataIndex)].filter(hasModel);
}

async function openTrained(path: string, options: OpenRecognizerOptions): Promise<Recognizer> {
  const { bytes, description, config } = await buildModel(modelFile(path), 'model.onnx', options);
  return open(bytes, { ...opening(options, config.threads), description });
}

async function openExported(path: string, options: OpenRecognizerOptions): Promise<Recognizer> {
  const { window, precision, operators, embedding, calibrated } = options;
  const asked = Object.entries({ window, precision, operators, layer: embedding, calibrated }).find(
    ([, value]) => value !== undefined,
  );
  if (asked) {
    const [name, value] = asked;
    throw new InputError(
      `--${name}=${value}: ${path} is exported already and cannot be changed; expected a fold's folder, or export it again with --${name}`,
    );
  }
  return open(path, { ...opening(options), description: await describeExported(path) });
}

/**
 * What an exported model says of itself: in the JSON file beside it, or else inside.
 * @throws {InputError} when there is no such file, or it is no exported model
 */
export async function describeExported(path: string): Promise<ModelDescription> {
  if (!existsSync(path) || !statSync(path).isFile()) throw new InputError(`${path}: no such file`);
  const json = path.replace(/\.onnx$/, '.json');
  return existsSync(json) ? readDescription(await readJsonIfThere(json), json) : readInside(path);
}

async function readInside(path: string): Promise<ModelDescription> {
  let inside: unknown;
  try {
    inside = descriptionInside(await readFile(path));
  } catch (error) {
    throw new InputError(`${path}: no ONNX model (${messageOf(error)})`);
  }
  return readDescription(inside, path);
}

function opening({ engine = 'onnx-cpu' }: OpenRecognizerOptions, threads = 0): OpenOptions {
  return {
    runtime: ort,
    decode,
    session: {
      executionProviders: [inferenceEngines[engine]],
      ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
    },
  };
}

/** Files of any rate and kind that can be read, as in training. */
const decode: Decode = async (sound) => {
  if (typeof sound === 'string') return readWaveform(sound);
  if (sound instanceof URL) throw new InputError(`${basename(sound.pathname)}: expected a file, not a URL`);
  if (sound instanceof Uint8Array) return readWaveformBytes(sound);
  return readWaveformBytes(new Uint8Array(sound instanceof Blob ? await sound.arrayBuffer() : sound));
};
