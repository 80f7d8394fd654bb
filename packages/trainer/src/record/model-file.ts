import { InputError, parseJson } from '@ser/files';
import { readSafetensorsMetadata } from '@ser/frontend-wavlm';
import type * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import { storedConfig } from '../config/stored';
import type { Model } from '../model/model';
import { assignVariables, readTensorFile, writeVariables } from './tensor-file';

/** What a model file says about itself. */
export interface ModelCardData {
  readonly config: Config;
  readonly labels: readonly string[];
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
export function saveModel(path: string, model: Model, config: Config, labels: readonly string[]): Promise<void> {
  const card: ModelCardData = { config, labels };
  return writeVariables(path, learned(model), { ser: JSON.stringify(card) });
}

/**
 * Reads values back into a model of the same configuration.
 * @throws {InputError} when the file is damaged, or of another model.
 */
export async function loadModel(path: string, model: Model): Promise<void> {
  const file = await readTensorFile(path);
  if ('damage' in file) throw new InputError(`${path}: ${file.damage}`);
  assignVariables(learned(model), file, path);
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
  return { config: storedConfig(card.get('config'), path), labels };
}
