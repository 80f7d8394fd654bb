import type { Config } from '../config/schema';
import { openEngine } from '../training/engine';
import { openEncoder } from '../model/encoder';
import { createModel, type Model } from '../model/model';
import { seeded } from '../random';
import { loadModel, readModelCard } from '../record/model-file';
import { modelFile } from './model-path';

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
