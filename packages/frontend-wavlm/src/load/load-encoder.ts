import { stat } from 'node:fs/promises';
import { InputError } from '@ser/files';
import { variableOf } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs-core';
import { sizeOf, type Checkpoint } from '../checkpoints/checkpoint';
import { openCheckpoint } from '../checkpoints/open-checkpoint';
import { buildEncoder, parameterSpecs } from '../encoders/build-encoder';
import type { EncoderConfig } from '../encoders/config';
import type { Encoder } from '../encoders/encoder';
import { Parameters, type ParameterSpec } from '../encoders/parameters';
import { isHubId, pullEncoder, type PullOptions } from './hub';
import { matchTensors, type TensorMatch } from './match-tensors';
import { readConfig } from './read-config';

export interface LoadFolderOptions {
  /** Which file of weights, such as `pytorch_model.bin`; the first that is there when absent. */
  weights?: string;
}

/**
 * Loads an encoder: from a folder with `config.json`, `preprocessor_config.json` and weights, or by its hub id, which
 * is downloaded once (see `pullEncoder`). What it is follows from those files, not from its name.
 *
 * @param source folder or hub id; a folder of that name goes first
 * @throws {InputError} naming what is missing or wrong
 */
export async function loadEncoder(source: string, options: LoadFolderOptions & PullOptions = {}): Promise<Encoder> {
  return loadFolder(await folderOf(source, options), options);
}

async function folderOf(source: string, options: PullOptions): Promise<string> {
  if (await stat(source).catch(() => undefined)) return source;
  if (isHubId(source)) return pullEncoder(source, options);
  throw new InputError(`${source}: no such folder, and no hub id such as microsoft/wavlm-large`);
}

/**
 * Loads an encoder from a folder, and never from the hub.
 *
 * @throws {InputError} naming the file and what was expected; missing, extra and misshapen tensors are listed together
 */
export function loadFolder(folder: string, options: LoadFolderOptions = {}): Promise<Encoder> {
  return withMatch(folder, options, async ({ config, specs, checkpoint, match }) => {
    const variables = await readVariables(checkpoint, specs, match);
    return buildEncoder(config, new Parameters(variables));
  });
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

/**
 * What a folder holds, checked against its configuration, without loading the weights.
 * @throws {InputError} as `loadFolder`
 */
export function inspectFolder(folder: string, options: LoadFolderOptions = {}): Promise<FolderReport> {
  return withMatch(folder, options, async ({ config, specs, checkpoint, match: { prefix, ignored } }) => {
    const parameters = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return { config, weights: checkpoint.path, parameters, prefix, ignored };
  });
}

/** A folder's configuration, the tensors that it asks for, and where the open file of weights has them. */
interface Match {
  readonly config: EncoderConfig;
  readonly specs: readonly ParameterSpec[];
  readonly checkpoint: Checkpoint;
  readonly match: TensorMatch;
}

async function withMatch<T>(folder: string, options: LoadFolderOptions, use: (match: Match) => Promise<T>): Promise<T> {
  const config = await readConfig(folder);
  const specs = parameterSpecs(config);
  const checkpoint = await openCheckpoint(folder, options.weights);
  try {
    return await use({ config, specs, checkpoint, match: matchTensors(checkpoint, specs, config.kind) });
  } finally {
    await checkpoint.close();
  }
}

/** The variables of a model, by our own names. @throws {InputError} for weights that are no numbers */
async function readVariables(
  checkpoint: Checkpoint,
  specs: readonly ParameterSpec[],
  { names }: TensorMatch,
): Promise<Map<string, tf.Variable>> {
  const variables = new Map<string, tf.Variable>();
  try {
    for (const { name, shape, fixed } of specs) {
      const stored = names.get(name);
      const values = stored === undefined ? new Float32Array(sizeOf(shape)) : await checkpoint.read(stored);
      if (!allFinite(values)) {
        throw new InputError(
          `${checkpoint.path}: ${stored} holds NaN or infinity: a broken training, or a damaged file`,
        );
      }
      variables.set(name, variableOf(tf.tensor(values, [...shape], 'float32'), fixed !== true));
    }
    return variables;
  } catch (error) {
    for (const variable of variables.values()) variable.dispose();
    throw error;
  }
}

/** x − x is 0 for every finite number and NaN for the others. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (const x of values) sum += x - x;
  return sum === 0;
}
