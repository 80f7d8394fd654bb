import { InputError } from './input-error';

/** What stands in the JSON file beside an exported model. Lengths are in samples at `sampleRate`. */
export interface ModelDescription {
  readonly format: 'ser-model/1';
  readonly name: string;
  /** The model's file, beside this one. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** In which numbers the weights are kept. */
  readonly precision: 'fp32' | 'fp16' | 'int8';
  /** Versions of the operator sets, by domain; `ai.onnx` is ONNX's own. */
  readonly operators: Readonly<Record<string, number>>;
  /** In the order of the probabilities. */
  readonly labels: readonly string[];
  /** Hz. */
  readonly sampleRate: number;
  /** Less speech than this gives no numbers. */
  readonly minSamples: number;
  /** Longer recordings are heard in windows of this length … */
  readonly windowSamples: number;
  /** … that start so far apart. */
  readonly hopSamples: number;
  /** The encoder's own limit, where it has one; a window is never longer. */
  readonly maxSamples?: number;
  /** Silence so many dB below the loudest 25 ms is cut from both ends, inside the model. */
  readonly trimSilenceDb?: number;
  /** Where probabilities are calibrated: what the logits are divided by. */
  readonly temperature?: number;
  /** Frames of the attention. Frame f of a window that starts at s seconds is the time from s + f / framesPerSecond on. */
  readonly framesPerSecond: number;
  /** Length of the embedding. */
  readonly embeddingSize: number;
  /** What it was trained and tested on, and under which terms. */
  readonly training?: Readonly<Record<string, unknown>>;
  /** What fp16 or int8 cost: this file against fp32, on the test recordings of its fold. */
  readonly loss?: Readonly<Record<string, number>>;
  /** Programs that made it. */
  readonly versions?: Readonly<Record<string, string>>;
}

const numbers = ['bytes', 'sampleRate', 'minSamples', 'windowSamples', 'hopSamples', 'framesPerSecond'] as const;

/**
 * Checks what was read from the JSON file of a model.
 * @throws {InputError} naming the field and what was expected
 */
export function readDescription(value: unknown, where: string): ModelDescription {
  const fail = (what: string): never => {
    throw new InputError(`${where}: ${what}; expected the JSON file that ser export writes beside a model`);
  };
  if (typeof value !== 'object' || value === null) return fail('no JSON object');
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.get('format') !== 'ser-model/1') fail(`format is ${JSON.stringify(fields.get('format'))}`);
  for (const name of numbers) {
    const number = fields.get(name);
    if (typeof number !== 'number' || !(number > 0)) fail(`${name} is ${JSON.stringify(number)}`);
  }
  const labels: unknown = fields.get('labels');
  const isNamed = Array.isArray(labels) && labels.length > 1 && labels.every((label) => typeof label === 'string');
  if (!isNamed) fail('labels is no list of names');
  const file = fields.get('file');
  if (typeof file !== 'string' || /[\\/]/.test(file)) fail(`file is ${JSON.stringify(file)}`);
  return value as ModelDescription;
}
