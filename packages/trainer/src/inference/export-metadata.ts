import { readFile } from 'node:fs/promises';
import { InputError } from '@ser/files';
import { readModelMetadata } from '@ser/onnx-jit/metadata';

/** What an exported model needs to be used: written into the ONNX file's properties. */
export interface ExportMetadata {
  readonly labels: readonly string[];
  readonly minSamples: number;
  /** Decibels of the silence trimming, if the model was trained with it. */
  readonly trim?: number;
}

export function encodeMetadata({ labels, minSamples, trim }: ExportMetadata): Record<string, string> {
  return {
    labels: JSON.stringify(labels),
    sampleRate: '16000',
    input: 'waveform [1, samples], mono, 16 kHz, float32 in [-1, 1], not normalised',
    outputs: 'probabilities [1, classes] in the order of labels; embedding [1, projection]; attention [1, frames]',
    minSamples: String(minSamples),
    ...(trim === undefined ? {} : { trimSilenceDb: String(trim) }),
  };
}

/**
 * Reads it back (ONNX Runtime for Node does not give a model's properties).
 * @throws {InputError} when the file is no export of this program.
 */
export async function readExportMetadata(path: string): Promise<ExportMetadata> {
  const properties = readModelMetadata(await readFile(path));
  const labels: unknown = JSON.parse(properties['labels'] ?? 'null');
  if (!Array.isArray(labels))
    throw new InputError(`${path}: no labels in its properties; expected a file of ser export`);
  const trim = properties['trimSilenceDb'];
  return {
    labels: labels.map(String),
    minSamples: Number(properties['minSamples'] ?? 400),
    ...(trim === undefined ? {} : { trim: Number(trim) }),
  };
}
