import type { Config } from '../config/schema';
import { openEngine } from '../training/engine';
import { openEncoder } from '../model/encoder';
import { createModel, disposeModel, openEncoders, type Model } from '../model/model';
import { seeded } from '../random';
import type { Heard } from '../record/heard';
import { checkSizes, checkUntouched, learned, readModelCard, readModelTensors } from '../record/model-file';
import { assignVariables } from '../record/tensor-file';
import { modelFile } from './model-path';
import { modelWeights } from './model-weights';

export interface OpenedModel {
  readonly model: Model;
  readonly config: Config;
  readonly labels: readonly string[];
  /** Of calibrated probabilities, where one could be fitted. */
  readonly temperature?: number;
  /** What it was trained on, where its file says so. */
  readonly heard?: Heard;
  /** The file it came from. */
  readonly file: string;
}

/**
 * Rebuilds a trained model. The untouched part of a pre-trained encoder is read from `weights` or where it was in training.
 * @param note told of an encoder that cannot be checked, because the model is older than fingerprints
 * @throws {InputError} when it is not there, or is not the encoder that the model was trained with
 */
export async function openModel(
  path: string,
  weights?: string,
  note: (line: string) => void = () => {},
): Promise<OpenedModel> {
  const file = modelFile(path);
  const card = await readModelCard(file);
  const { labels, temperature, heard } = card;
  const tensors = await readModelTensors(file);
  checkSizes(file, card, tensors);
  const pretrained = card.config.weights === undefined ? undefined : modelWeights(file, card.config.weights, weights);
  const config = { ...card.config, ...(pretrained ? { weights: pretrained.weights } : {}) };
  await openEngine('onnx-cpu'); // variables are made on the tfjs CPU backend
  const encoders = await openEncoders(config, openEncoder(config, { offline: pretrained?.offline }));
  const model = createModel(config, encoders, labels.length, seeded(config.seed, 'model'));
  try {
    if (pretrained && card.untouched === undefined)
      note(`${file} is older than fingerprints: whether ${pretrained.weights} is its encoder cannot be checked`);
    if (pretrained) await checkUntouched(file, card, model, pretrained.weights);
    assignVariables(learned(model), tensors, file);
  } catch (error) {
    disposeModel(model);
    throw error;
  }
  return {
    model,
    config,
    labels,
    file,
    ...(temperature === undefined ? {} : { temperature }),
    ...(heard ? { heard } : {}),
  };
}
