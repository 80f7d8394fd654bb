import { InputError } from '@ser/files';
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import Ajv from 'ajv';
import { FingerprintSchema } from './fingerprint';
import { HeardSchema } from './heard';

// The files of a run folder. Each type is derived from the schema that its readers check.

const Count = Type.Integer({ minimum: 0 });
const Counts = Type.Record(Type.String(), Count);
const Texts = Type.Unsafe<readonly string[]>(Type.Array(Type.String()));
const Numbers = Type.Unsafe<readonly number[]>(Type.Array(Type.Number()));
/** A number that may be NaN: JSON has no NaN, it writes null. */
const Measured = Type.Unsafe<number>({ type: ['number', 'null'] });
const Accuracies = Type.Object({ wa: Measured, ua: Measured });

export type Accuracies = Static<typeof Accuracies>;

const Prediction = Type.Object({
  id: Type.String(),
  fold: Count,
  speaker: Type.String(),
  label: Type.String(),
  predicted: Type.String(),
  /** [classes], in the order of the labels. */
  probabilities: Type.Unsafe<readonly number[]>(Type.Array(Type.Number(), { minItems: 1 })),
  /** What else the corpus says of the utterance, its session among it; older files have none. */
  columns: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** The test set it is in, where the corpus has several. */
  testSet: Type.Optional(Type.String()),
});

/** A line of `fold-<k>/predictions.jsonl`: one test utterance. */
export type PredictionLine = Readonly<Static<typeof Prediction>>;

const Metric = Type.Object({
  type: Type.Union([Type.Literal('step'), Type.Literal('epoch')]),
  fold: Count,
  epoch: Count,
  step: Count,
  loss: Measured,
  components: Type.Record(Type.String(), Type.Object({ raw: Measured, weighted: Measured })),
  learningRates: Type.Object({
    model: Type.Number(),
    centers: Type.Number(),
    encoder: Type.Optional(Type.Number()),
  }),
  /** Of training so far. */
  seconds: Type.Number(),
  validation: Type.Optional(Accuracies),
});

/** A line of `fold-<k>/metrics.jsonl`: a step, or the means of an epoch. */
export type MetricRow = Readonly<Static<typeof Metric>>;

const Machine = Type.Object({
  cpu: Type.String(),
  /** That this process may use. */
  cores: Count,
  memoryGiB: Type.Number(),
  /** System, release and architecture. */
  os: Type.String(),
  /** Of an engine on a GPU, with its driver, where the driver says so. */
  gpu: Type.Optional(Type.String()),
});

/** The computer that trained a fold. */
export type Machine = Readonly<Static<typeof Machine>>;

const Commit = Type.Object({
  id: Type.String(),
  /** Whether files that git knows differed from it. */
  isModified: Type.Boolean(),
});

/** The commit of the folder that a command was started in. */
export type Commit = Readonly<Static<typeof Commit>>;

const Result = Type.Object({
  fold: Count,
  name: Type.String(),
  testGroups: Texts,
  trainGroups: Texts,
  validationGroups: Texts,
  trainUtterances: Count,
  testUtterances: Count,
  trainClasses: Counts,
  testClasses: Counts,
  /** Class order of the probabilities. */
  labels: Texts,
  /** Of training. */
  seconds: Type.Number(),
  wa: Measured,
  ua: Measured,
  validation: Type.Optional(Accuracies),
  /** Of each test set, where a corpus has several. */
  testSets: Type.Optional(Type.Record(Type.String(), Accuracies)),
  /** Speakers in train and test, as was allowed: the result is not speaker-independent. */
  sharedSpeakers: Type.Optional(Texts),
  /** Test utterances whose speaker nobody knows: training may have heard them. */
  unknownSpeakers: Type.Optional(Count),
  /** Frames were scaled by the statistics of each speaker: what is said of a test utterance depends on its speaker's others. */
  speakerNormalized: Type.Optional(Type.Literal(true)),
  /** The one whose model was kept. */
  epoch: Count,
  /** Of the softmax, fitted on the inner validation; absent without one, and where none is the best. */
  temperature: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  engine: Type.String(),
  versions: Type.Record(Type.String(), Type.String()),
  /** Where it was trained, and the commit of the working tree, if there is one; older folds say neither. */
  machine: Type.Optional(Machine),
  commit: Type.Optional(Commit),
  /** What it was made from; folds that are older than fingerprints have none. */
  fingerprint: Type.Optional(FingerprintSchema),
});

/** `fold-<k>/fold.json`, written last: its presence means that the fold is done. */
export type FoldResult = Readonly<Static<typeof Result>>;

const Embedding = Type.Object({
  id: Type.String(),
  stage: Type.Union([Type.Literal('before'), Type.Literal('after')]),
  split: Type.Union([Type.Literal('train'), Type.Literal('test')]),
  label: Type.String(),
  /** [projection]. */
  z: Type.Unsafe<readonly number[]>(Type.Array(Type.Number(), { minItems: 2 })),
});

/** A line of `fold-<k>/embeddings.jsonl`: z of one utterance, before or after training. */
export type EmbeddingLine = Readonly<Static<typeof Embedding>>;

const Attention = Type.Object({
  id: Type.String(),
  /** Path of the audio file. */
  audio: Type.String(),
  /** Part of the file that the utterance is, in seconds. */
  start: Type.Optional(Type.Number()),
  end: Type.Optional(Type.Number()),
  /** Frames a second. */
  frameRate: Type.Number({ exclusiveMinimum: 0 }),
  /** [frames], sums to 1; an hour of frames at the most, because a picture is drawn of them. */
  weights: Type.Unsafe<readonly number[]>(Type.Array(Type.Number(), { minItems: 1, maxItems: 200_000 })),
});

/** A line of `fold-<k>/attention.jsonl`: pooling weights over the frames of one utterance. */
export type AttentionLine = Readonly<Static<typeof Attention>>;

const StoredPosition = Type.Object({
  /** The epoch that the next step belongs to, from 1. */
  epoch: Type.Integer({ minimum: 1 }),
  /** Batches of that epoch already done. */
  batch: Count,
  /** Updates made. */
  step: Count,
  lossWeights: Type.Optional(
    Type.Partial(
      Type.Object({ kl: Type.Number(), focal: Type.Number(), center: Type.Number(), supcon: Type.Number() }),
    ),
  ),
  /** Rows of `metrics.jsonl` that belong to the past. */
  metricRows: Count,
  /** Of training so far. */
  seconds: Type.Number({ minimum: 0 }),
  /** Over the epoch so far, for its row in the metrics. */
  sums: Type.Object({ count: Count, loss: Type.Number(), raw: Numbers }),
  best: Type.Optional(Type.Object({ epoch: Type.Integer({ minimum: 1 }), ua: Measured })),
});

/** Where a fold is: everything that is not a tensor and that the next step depends on. Part of a checkpoint. */
export type StoredPosition = Readonly<Static<typeof StoredPosition>>;

const ajv = new Ajv({ strict: false });

/** Checks a value against a schema and gives it its type, or says where it differs. */
function reader<S extends TSchema>(schema: S, what: string): (value: unknown, where: string) => Readonly<Static<S>> {
  const validate = ajv.compile(schema);
  const isValid = (value: unknown): value is Static<S> => validate(value);
  return (value, where) => {
    if (isValid(value)) return value;
    throw new InputError(`${where}: expected ${what}: ${ajv.errorsText(validate.errors, { dataVar: 'value' })}`);
  };
}

export const asPrediction = reader(Prediction, 'a prediction');
export const asMetric = reader(Metric, 'a metrics row');
export const asFold = reader(Result, 'a finished fold');
export const asEmbedding = reader(Embedding, 'an embedding');
export const asAttention = reader(Attention, 'attention weights');
export const asHeard = reader(HeardSchema, 'what a model was trained on');
export const asFingerprint = reader(FingerprintSchema, 'a fingerprint');
export const asPosition = reader(StoredPosition, 'the position in a fold');

/** File of the linear probe's predictions in a fold's folder, in the form of those of the method. */
export const probePredictions = 'probe-predictions.jsonl';
