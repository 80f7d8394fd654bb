import { openCorpus, readWaveform } from '@ser/datasets';
import * as ort from '@ser/onnx-jit/onnxruntime';
import { open } from '@ser/recognize';
import { join } from 'node:path';
import { InputError } from '@ser/files';
import { atTemperature, confusionMatrix, unweightedAccuracy, weightedAccuracy } from '../metrics';
import { readPredictions } from '../record/predictions';
import type { BuiltModel } from './build-model';

/** A model in other numbers against the same model in fp32, on the test recordings of its fold; shares in [0, 1]. */
export type MeasuredLoss = {
  readonly utterances: number;
  readonly wa: number;
  readonly ua: number;
  readonly fp32Wa: number;
  readonly fp32Ua: number;
  /** Recordings that get another label. */
  readonly changedLabels: number;
  /** The largest change of a probability. */
  readonly largestChange: number;
};

/**
 * Runs the model on the test side of its fold, whose predictions in fp32 lie beside it.
 * @throws {InputError} when the corpus or the predictions are not there
 */
export async function measureLoss(built: BuiltModel, dataDir?: string): Promise<MeasuredLoss> {
  const { config, foldDir, bytes, description } = built;
  const { labels, temperature = 1 } = description;
  const rows = await readPredictions(join(foldDir, 'predictions.jsonl'));
  if (rows.length === 0) throw new InputError('the model was trained on all data, and there is nothing to test it on');
  const { utterances } = await openCorpus(config.dataset, dataDir ?? config.dataDir, {
    allowIncomplete: config.allowIncomplete,
  });
  const byId = new Map(utterances.map((utterance) => [utterance.id, utterance]));
  const model = await open(bytes, { description, runtime: ort });
  const truth: number[] = [];
  const [before, after]: [number[], number[]] = [[], []];
  let largestChange = 0;
  try {
    for (const row of rows) {
      const utterance = byId.get(row.id);
      if (!utterance) throw new InputError(`${row.id}: tested in the fold, not in the corpus any more`);
      const { audio, start, end } = utterance;
      const { label, probabilities } = await model.recognize(await readWaveform(audio, { start, end }));
      truth.push(labels.indexOf(row.label));
      before.push(labels.indexOf(row.predicted));
      after.push(labels.indexOf(label));
      const inFold = atTemperature(row.probabilities, temperature);
      labels.forEach((name, i) => {
        largestChange = Math.max(largestChange, Math.abs((probabilities[name] ?? NaN) - (inFold[i] ?? NaN)));
      });
    }
  } finally {
    await model.close();
  }
  const fp32 = confusionMatrix(truth, before, labels.length);
  const now = confusionMatrix(truth, after, labels.length);
  return {
    utterances: rows.length,
    wa: weightedAccuracy(now),
    ua: unweightedAccuracy(now),
    fp32Wa: weightedAccuracy(fp32),
    fp32Ua: unweightedAccuracy(fp32),
    changedLabels: before.filter((label, i) => label !== after[i]).length,
    largestChange,
  };
}
