import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { decodeMessage, readModelMetadata } from '@ser/onnx-jit/proto';
import type { Config } from '../config/schema';
import { sampleRate } from '../data/plan';
import { InputError } from '@ser/files';
import { disposeModel, type Model } from '../model/model';
import { versions } from '../run/versions';
import { networkOnnx, type EmbeddingChoice } from './graph/network';
import { inPrecision, type Precision } from './graph/precision';
import { opset, wholeModel } from './graph/whole-model';
import { openModel, type OpenedModel } from './trained-model';
import type { Described } from './model-card';
import { trainingRecord } from './training-record';

export interface BuildOptions {
  /** Folder of the pre-trained encoder, if it has moved. */
  readonly weights?: string;
  /** Seconds of a window; 10 when absent, or what the encoder can hear at most if that is less. */
  readonly window?: number;
  readonly precision?: Precision;
  /** `onnxruntime`: with operators that only ONNX Runtime has. */
  readonly operators?: 'onnx' | 'onnxruntime';
  readonly embedding?: EmbeddingChoice;
  /** Probabilities at the temperature that was fitted on the inner validation. */
  readonly calibrated?: boolean;
  /** Told of what a user should know and nobody can check. */
  readonly note?: (line: string) => void;
}

/** A trained model as it leaves this program. */
export interface BuiltModel {
  readonly bytes: Uint8Array;
  readonly description: Described;
  readonly config: Config;
  /** The folder of its fold. */
  readonly foldDir: string;
}

/** Everything in the file but its size and checksum, which it cannot know. */
type Inside = Omit<Described, 'bytes' | 'sha256'>;

/**
 * Writes a trained model as one ONNX model: recordings in, probabilities out (see `wholeModel`).
 *
 * @param path a fold's folder or its `model.safetensors`
 * @param file name that the model's file will have
 * @throws {InputError} when the model, its encoder or a temperature that is asked for is missing, or the window is longer
 *   than the encoder's limit
 */
export async function buildModel(path: string, file: string, options: BuildOptions = {}): Promise<BuiltModel> {
  const { precision = 'fp32', operators = 'onnx', embedding = 'projection' } = options;
  const opened = await openModel(path, options.weights, options.note);
  const { model, config, labels, file: source } = opened;
  if (config.speakerNormalize) {
    disposeModel(model);
    throw new InputError(
      `${source}: this model knows a speaker's frames by all of his utterances (speakerNormalize), which one recording does not tell; expected a model without it, or \`ser evaluate\` with a corpus`,
    );
  }
  const foldDir = dirname(source);
  try {
    const temperature = options.calibrated === true ? fittedTemperature(opened) : undefined;
    checkLayer(model, embedding);
    const windowSamples = windowOf(model, options.window);
    const network = decodeMessage('ModelProto', networkOnnx(model, { embedding, operators, temperature }));
    if (!network.graph) throw new Error('the network has no graph');
    const inside: Inside = {
      format: 'ser-model/1',
      name: basename(file, '.onnx'),
      file: basename(file),
      precision,
      operators: { 'ai.onnx': opset, ...(operators === 'onnxruntime' ? { 'com.microsoft': 1 } : {}) },
      labels,
      sampleRate,
      minSamples: model.encoder.minSamples,
      windowSamples,
      hopSamples: Math.floor(windowSamples / 2),
      ...(model.encoder.maxSamples === undefined ? {} : { maxSamples: model.encoder.maxSamples }),
      ...(config.trim === 'silence' ? { trimSilenceDb: config.trimDb } : {}),
      ...(temperature === undefined ? {} : { temperature }),
      framesPerSecond: framesPerSecond(model),
      embeddingSize: embedding === 'projection' ? config.projection : model.encoder.hiddenSize,
      training: await trainingRecord(config, labels, foldDir, opened.heard),
      versions: versions('onnx-cpu'),
    };
    const bytes = wholeModel(
      { ...network, graph: inPrecision(network.graph, precision) },
      {
        ...(config.trim === 'silence' ? { trimDb: config.trimDb } : {}),
        windowSamples,
        minSamples: inside.minSamples,
        frames: model.encoder.frameCount(windowSamples),
        metadata: { labels: JSON.stringify(labels), sampleRate: String(sampleRate), ser: JSON.stringify(inside) },
      },
    );
    return { bytes, description: described(inside, bytes), config, foldDir };
  } finally {
    disposeModel(model);
  }
}

const described = (inside: Inside, bytes: Uint8Array): Described => ({
  ...inside,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

/** The description that an exported file holds itself, for one that has lost its JSON; undefined when it has none. */
export function descriptionInside(bytes: Uint8Array): unknown {
  const { ser: text } = readModelMetadata(bytes);
  if (text === undefined) return undefined;
  return described(JSON.parse(text) as Inside, bytes);
}

function windowOf({ encoder }: Model, wanted: number | undefined): number {
  const { minSamples, maxSamples = Infinity } = encoder;
  const samples = Math.round((wanted ?? Math.min(10, maxSamples / sampleRate)) * sampleRate);
  if (samples > maxSamples)
    throw new InputError(
      `--window=${wanted}: this encoder hears at most ${maxSamples / sampleRate} s at a time; longer recordings are heard in windows`,
    );
  const least = Math.max(minSamples, sampleRate / 2);
  if (!(samples >= least)) throw new InputError(`--window=${wanted}: expected at least ${least / sampleRate} seconds`);
  return samples;
}

function fittedTemperature({ temperature, file }: OpenedModel): number {
  if (temperature !== undefined) return temperature;
  throw new InputError(
    `--calibrated: ${file} has no temperature; it is fitted on inner validation speakers (--validation-groups) when some of them are heard right and some wrong`,
  );
}

function checkLayer({ encoder }: Model, embedding: EmbeddingChoice): void {
  if (typeof embedding !== 'number') return;
  if (Number.isInteger(embedding) && embedding >= 0 && embedding <= encoder.layerCount) return;
  throw new InputError(`--layer=${embedding}: this encoder has layers 0 to ${encoder.layerCount}`);
}

function framesPerSecond({ encoder }: Model): number {
  const [start, seconds] = [sampleRate, 20];
  return (encoder.frameCount(start + seconds * sampleRate) - encoder.frameCount(start)) / seconds;
}
