import { dirname } from 'node:path';
import { exportOnnx } from '@ser/onnx-jit';
import * as tf from '@tensorflow/tfjs';
import { sampleRate } from '../data/plan';
import { writeFileWhole } from '@ser/files';
import { disposeModel } from '../model/model';
import { infer } from '../run/evaluate';
import { encodeMetadata } from './export-metadata';
import { modelCard } from './model-card';
import { openModel } from './predictor';

/**
 * Writes a trained model as one ONNX file, waveform [1, samples] in, probabilities, embedding and attention out, and a
 * model card beside it.
 */
export async function exportModel(
  path: string,
  onnxPath: string,
  options: { weights?: string } = {},
): Promise<{ onnxPath: string; cardPath: string }> {
  const { model, config, labels, file } = await openModel(path, options.weights);
  const example = { waveform: tf.zeros<tf.Rank.R2>([1, 4 * sampleRate]) };
  const predict = ({ waveform }: { waveform: tf.Tensor2D }): ReturnType<typeof infer> =>
    infer(model, { waves: waveform, lengths: lengthOf(waveform) });
  const trim = config.trim === 'silence' ? { trim: config.trimDb } : {};
  const bytes = exportOnnx(predict, example, {
    dynamicAxes: { waveform: { 1: 'samples' } },
    metadata: encodeMetadata({ labels, minSamples: model.encoder.minSamples, ...trim }),
  });
  disposeModel(model);
  const cardPath = `${onnxPath.replace(/\.onnx$/, '')}.md`;
  const card = await modelCard({ config, labels, foldDir: dirname(file), onnxPath, bytes: bytes.length });
  await writeFileWhole(onnxPath, bytes);
  await writeFileWhole(cardPath, card);
  return { onnxPath, cardPath };
}

/** The number of samples, as a tensor [1]. */
const lengthOf = (waveform: tf.Tensor2D): tf.Tensor1D => tf.fill([1], waveform.shape[1], 'int32');
