import { InputError, parseJson } from '@ser/files';
import { readSafetensorsMetadata, weightsHash } from '@ser/frontend-wavlm';
import type * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import { storedConfig } from '../config/stored';
import type { Model } from '../model/model';
import type { Fingerprint } from './fingerprint';
import type { Heard } from './heard';
import { asHeard } from './run-files';
import { assignVariables, readTensorFile, writeVariables, type TensorFile } from './tensor-file';

/** What a model file says about itself. */
export interface ModelCardData {
  readonly config: Config;
  readonly labels: readonly string[];
  /** `untouchedHash` at the time of training; without a pre-trained encoder, and in older files, there is none. */
  readonly untouched?: string;
  /** Of calibrated probabilities; see `FoldResult`. */
  readonly temperature?: number;
  /** What it was trained on; older files do not say. */
  readonly heard?: Heard;
}

/** The variables that training may change, by the name they have in files. */
export function learned(model: Model): Map<string, tf.Variable> {
  const tuned = model.trainable.filter(({ group }) => group === 'encoder');
  return new Map([...model.head, ...tuned.map(({ name, variable }) => [name, variable] as const)]);
}

/**
 * Writes what was learnt, with the configuration and the labels; the untouched part of a pre-trained encoder stays in
 * its own folder, which the configuration names.
 */
export function saveModel(path: string, model: Model, card: ModelCardData, fingerprint?: Fingerprint): Promise<void> {
  const metadata = { ser: JSON.stringify(card), ...(fingerprint ? { fingerprint: JSON.stringify(fingerprint) } : {}) };
  return writeVariables(path, learned(model), metadata);
}

/**
 * SHA-256 of what training left as it was, which a model file does not hold: a part of the encoder, or all of it where the
 * model reads it as it came, too.
 */
export function untouchedHash(model: Model): Promise<string> {
  if (model.untuned) return weightsHash(model.untuned);
  const tuned = model.trainable.filter(({ group }) => group === 'encoder');
  return weightsHash(model.encoder, new Set(tuned.map(({ name }) => name.slice('encoder.'.length))));
}

/**
 * Refuses an encoder whose weights are not those that a model was trained with.
 * @param weights where they come from, for the message
 */
export async function checkUntouched(
  path: string,
  { untouched }: ModelCardData,
  model: Model,
  weights: string,
): Promise<void> {
  if (untouched === undefined || untouched === (await untouchedHash(model))) return;
  throw new InputError(`${weights}: these are not the weights of the encoder that ${path} was trained with`);
}

/**
 * Reads values back into a model of the same configuration.
 * @throws {InputError} when the file is damaged, or of another model.
 */
export async function loadModel(path: string, model: Model): Promise<void> {
  assignVariables(learned(model), await readModelTensors(path), path);
}

/**
 * The numbers of a model file.
 * @throws {InputError} when it is damaged
 */
export async function readModelTensors(path: string): Promise<TensorFile> {
  const file = await readTensorFile(path);
  if ('damage' in file) throw new InputError(`${path}: ${file.damage}`);
  return file;
}

/**
 * Looks whether the numbers of a model file are of the sizes that its settings name, before anything is made in those
 * sizes: a small file must not be able to ask for gigabytes.
 * @throws {InputError} that says what differs
 */
export function checkSizes(path: string, { config, labels }: ModelCardData, { tensors }: TensorFile): void {
  const stated = (name: string, axis: number, size: number, what: string): void => {
    const found = tensors.get(name)?.shape[axis];
    if (found !== size)
      throw new InputError(`${path}: ${what} is ${size}, its "${name}" has ${found ?? 'no such axis'}`);
  };
  stated('projection.weight', 1, config.projection, 'the setting projection');
  stated('classifier.bias', 0, labels.length, 'the number of labels');
  if (config.encoder === 'logmel') stated('projection.weight', 0, config.hiddenSize, 'the setting hiddenSize');
}

/**
 * Configuration and labels of a model file.
 * @throws {InputError} when the file is missing or of another kind.
 */
export async function readModelCard(path: string): Promise<ModelCardData> {
  const metadata = await readSafetensorsMetadata(path);
  const text = metadata['ser'];
  if (text === undefined) throw new InputError(`${path}: not a model of this program (no "ser" entry in its metadata)`);
  const card = new Map<string, unknown>(Object.entries(parseJson(text, `${path}: its "ser" entry`) ?? {}));
  const labels: unknown = card.get('labels');
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) {
    throw new InputError(`${path}: its "ser" entry has no list of labels`);
  }
  const untouched = card.get('untouched');
  const temperature = card.get('temperature');
  const heard = card.get('heard');
  return {
    config: storedConfig(card.get('config'), path),
    labels,
    ...(typeof untouched === 'string' ? { untouched } : {}),
    ...(typeof temperature === 'number' && temperature > 0 ? { temperature } : {}),
    ...(heard === undefined ? {} : { heard: asHeard(heard, path) }),
  };
}
