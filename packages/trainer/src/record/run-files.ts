import Ajv, { type ValidateFunction } from 'ajv';
import { InputError } from '../errors';

/** A line of `fold-<k>/predictions.jsonl`: one test utterance. */
export interface PredictionLine {
  readonly id: string;
  readonly fold: number;
  readonly speaker: string;
  readonly label: string;
  readonly predicted: string;
  /** [classes], in the order of the run's labels. */
  readonly probabilities: readonly number[];
}

/** A line of `fold-<k>/metrics.jsonl`. */
export interface MetricLine {
  readonly type: 'step' | 'epoch';
  readonly fold: number;
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly components: Readonly<Record<string, { readonly raw: number; readonly weighted: number }>>;
  readonly learningRates: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly validation?: { readonly wa: number; readonly ua: number };
}

/** `fold-<k>/fold.json`, written last: its presence means that the fold is done. */
export interface FoldResult {
  readonly fold: number;
  readonly name: string;
  readonly testGroups: readonly string[];
  readonly trainGroups: readonly string[];
  readonly validationGroups: readonly string[];
  readonly trainUtterances: number;
  readonly testUtterances: number;
  /** Utterances of each class in the training and in the test part. */
  readonly trainClasses: Readonly<Record<string, number>>;
  readonly testClasses: Readonly<Record<string, number>>;
  /** Class order of `probabilities`. */
  readonly labels: readonly string[];
  readonly seconds: number;
  readonly wa: number;
  readonly ua: number;
  /** Of the inner validation groups, when there are any. */
  readonly validation?: { readonly wa: number; readonly ua: number };
  /** The one whose model was kept. */
  readonly epoch: number;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** A line of `fold-<k>/embeddings.jsonl`: z of one utterance. */
export interface EmbeddingLine {
  readonly id: string;
  readonly stage: 'before' | 'after';
  readonly split: 'train' | 'test';
  readonly label: string;
  /** [64] */
  readonly z: readonly number[];
}

/** A line of `fold-<k>/attention.jsonl`: pooling weights over the frames of one utterance. */
export interface AttentionLine {
  readonly id: string;
  /** Path of the audio file. */
  readonly audio: string;
  /** Part of the file that the utterance is, in seconds. */
  readonly start?: number;
  readonly end?: number;
  /** Frames a second. */
  readonly frameRate: number;
  /** [frames], sums to 1. */
  readonly weights: readonly number[];
}

const text = { type: 'string' };
const number = { type: 'number' };
// JSON has no NaN: a fold without a value writes null.
const numberOrNull = { type: ['number', 'null'] };
const count = { type: 'integer', minimum: 0 };
const counts = { type: 'object', additionalProperties: count };
const texts = { type: 'array', items: text };
const numbers = { type: 'array', items: number };

function shape(properties: Record<string, object>, optional: readonly string[] = []): object {
  return { type: 'object', properties, required: Object.keys(properties).filter((key) => !optional.includes(key)) };
}

const accuracies = shape({ wa: numberOrNull, ua: numberOrNull });

const ajv = new Ajv({ strict: false });

/** Checks a value against a schema and gives it its type, or says where it differs. */
function reader<T>(schema: object, what: string): (value: unknown, where: string) => T {
  const validate: ValidateFunction = ajv.compile(schema);
  const isValid = (value: unknown): value is T => validate(value) === true;
  return (value, where) => {
    if (isValid(value)) return value;
    throw new InputError(`${where}: expected ${what}: ${ajv.errorsText(validate.errors, { dataVar: 'value' })}`);
  };
}

export const asPrediction = reader<PredictionLine>(
  shape({
    id: text,
    fold: count,
    speaker: text,
    label: text,
    predicted: text,
    probabilities: { ...numbers, minItems: 1 },
  }),
  'a prediction',
);

export const asMetric = reader<MetricLine>(
  shape(
    {
      type: { enum: ['step', 'epoch'] },
      fold: count,
      epoch: count,
      step: count,
      loss: numberOrNull,
      components: {
        type: 'object',
        additionalProperties: shape({ raw: numberOrNull, weighted: numberOrNull }),
      },
      learningRates: { type: 'object', additionalProperties: number },
      seconds: number,
      validation: accuracies,
    },
    ['validation'],
  ),
  'a metrics row',
);

export const asFold = reader<FoldResult>(
  shape(
    {
      fold: count,
      name: text,
      testGroups: texts,
      trainGroups: texts,
      validationGroups: texts,
      trainUtterances: count,
      testUtterances: count,
      trainClasses: counts,
      testClasses: counts,
      labels: texts,
      seconds: number,
      wa: numberOrNull,
      ua: numberOrNull,
      validation: accuracies,
      epoch: count,
      engine: text,
      versions: { type: 'object', additionalProperties: text },
    },
    ['validation'],
  ),
  'a finished fold',
);

export const asEmbedding = reader<EmbeddingLine>(
  shape({
    id: text,
    stage: { enum: ['before', 'after'] },
    split: { enum: ['train', 'test'] },
    label: text,
    z: { ...numbers, minItems: 2 },
  }),
  'an embedding',
);

export const asAttention = reader<AttentionLine>(
  shape(
    {
      id: text,
      audio: text,
      start: number,
      end: number,
      frameRate: { type: 'number', exclusiveMinimum: 0 },
      weights: { ...numbers, minItems: 1 },
    },
    ['start', 'end'],
  ),
  'attention weights',
);
