import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variableOf } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { buildEncoder, parameterSpecs } from '../encoders/build-encoder';
import { configFiles, parseConfig, type EncoderConfig } from '../encoders/config';
import type { Encoder } from '../encoders/encoder';
import { InputError } from '../input-error';
import { matchTensors } from './match-tensors';
import { openCheckpoint } from '../checkpoints/open-checkpoint';
import { Parameters } from '../encoders/parameters';
import { writeSafetensors, type StoredTensor } from '../checkpoints/safetensors';

export interface LoadFolderOptions {
  /** Which file of weights, such as `pytorch_model.bin`; the first that is there when absent. */
  weights?: string;
}

/** Prefixes under which the wild keeps each kind of encoder. */
const PREFIXES: Record<EncoderConfig['kind'], readonly (readonly [string, string])[]> = {
  wavlm: [
    ['', ''],
    ['wavlm.', ''],
    ['model.', ''],
    ['encoder.wavlm.', ''],
  ],
  hubert: [
    ['', ''],
    ['hubert.', ''],
    ['model.', ''],
    ['encoder.hubert.', ''],
  ],
  whisper: [
    ['model.encoder.', 'model.encoder.'],
    ['encoder.', 'model.encoder.'],
    ['', 'model.encoder.'],
  ],
  logmel: [['', '']],
};

/** The model's shape, read from a folder's `config.json` and `preprocessor_config.json`. @throws InputError */
export async function readConfig(folder: string): Promise<EncoderConfig> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory())
    throw new InputError(`${folder}: no such folder; expected one with config.json and weights`);
  const config = await readJson(join(folder, 'config.json'));
  if (!config) throw new InputError(`${folder}: has no config.json`);
  return parseConfig(config, await readJson(join(folder, 'preprocessor_config.json')), join(folder, 'config.json'));
}

/**
 * Loads an encoder from a folder with `config.json`, `preprocessor_config.json` and weights.
 *
 * @throws InputError naming the file and what was expected; missing, extra and misshapen tensors are listed together
 */
export async function loadFolder(folder: string, options: LoadFolderOptions = {}): Promise<Encoder> {
  const config = await readConfig(folder);
  const specs = parameterSpecs(config);
  const checkpoint = await openCheckpoint(folder, options.weights);
  const variables = new Map<string, tf.Variable>();
  try {
    const { names } = matchTensors(checkpoint, specs, PREFIXES[config.kind]);
    for (const spec of specs) {
      const name = names.get(spec.name);
      const initial =
        name === undefined
          ? tf.zeros([...spec.shape])
          : tf.tensor(await checkpoint.read(name), [...spec.shape], 'float32');
      variables.set(spec.name, variableOf(initial, spec.fixed !== true));
    }
    return buildEncoder(config, new Parameters(variables));
  } catch (error) {
    for (const variable of variables.values()) variable.dispose();
    throw error;
  } finally {
    await checkpoint.close();
  }
}

export interface FolderReport {
  config: EncoderConfig;
  /** The file of weights. */
  weights: string;
  parameters: number;
  /** What stands before the encoder's names in the file, such as `wavlm.`. */
  prefix: string;
  /** Tensors of other parts of a bigger model. */
  ignored: readonly string[];
}

/** What a folder holds, checked against its configuration, without loading the weights. @throws InputError */
export async function inspectFolder(folder: string, options: LoadFolderOptions = {}): Promise<FolderReport> {
  const config = await readConfig(folder);
  const specs = parameterSpecs(config);
  const checkpoint = await openCheckpoint(folder, options.weights);
  try {
    const { prefix, ignored } = matchTensors(checkpoint, specs, PREFIXES[config.kind]);
    const parameters = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    return { config, weights: checkpoint.path, parameters, prefix, ignored };
  } finally {
    await checkpoint.close();
  }
}

/**
 * Writes an encoder as a folder that `loadEncoder` (and Hugging Face's libraries) read. The weights appear last and whole.
 *
 * @param metadata strings for the header of the safetensors file
 */
export async function saveEncoder(
  encoder: Encoder,
  folder: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { config, preprocessor } = configFiles(encoder.config);
  await writeJson(join(folder, 'config.json'), config);
  await writeJson(join(folder, 'preprocessor_config.json'), preprocessor);
  const tensors: [string, StoredTensor][] = [];
  for (const [name, variable] of encoder.parameters) {
    const data = await variable.data<'float32'>();
    tensors.push([name, { shape: variable.shape, data }]);
  }
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt', ...metadata });
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new InputError(`${path}: cannot be read (${String(error)})`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw new InputError(`${path}: no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  throw new InputError(`${path}: expected a JSON object`);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, `${JSON.stringify(value, null, 2)}\n`);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
