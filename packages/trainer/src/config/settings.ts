import { Type, type SchemaOptions, type TNumber, type TInteger } from '@sinclair/typebox';

/** What `--help` needs beside the schema's own words. */
interface Setting extends SchemaOptions {
  readonly description: string;
  /** Name of the value in `--help`. */
  readonly value?: string;
}

// Upper bounds are far beyond anything of use. They are there because settings are also read from model files that
// others made: a file must not be able to ask for ten thousand threads or a layer of a hundred gigabytes.
const mostThreads = 1024;
const mostFeatures = 16_384;
const mostSteps = 1e9;

const text = (more: Setting) => Type.String({ minLength: 1, ...more });
const flag = (more: Setting & { default: boolean }) => Type.Boolean(more);
const number = (range: Parameters<typeof Type.Number>[0], more: Setting): TNumber => Type.Number({ ...range, ...more });
const integer = (minimum: number, maximum: number, more: Setting): TInteger =>
  Type.Integer({ minimum, maximum, ...more });
const choice = <const T extends string>(values: readonly T[], more: Setting & { default?: T }) =>
  Type.Unsafe<T>({ type: 'string', enum: values, ...more });
const list = <const T extends string>(values: readonly T[], more: Setting & { default: readonly T[] }) =>
  Type.Unsafe<readonly T[]>({
    type: 'array',
    items: { type: 'string', enum: values },
    minItems: 1,
    uniqueItems: true,
    ...more,
  });
const range = (ends: Parameters<typeof Type.Number>[0], more: Setting & { default: readonly [number, number] }) =>
  Type.Unsafe<readonly [low: number, high: number]>({
    type: 'array',
    items: { type: 'number', ...ends },
    minItems: 2,
    maxItems: 2,
    ...more,
  });

/** Names of run folders. */
export const runNamePattern = '^[A-Za-z0-9][A-Za-z0-9._-]*$';

export const lossNames = ['kl', 'focal', 'center', 'supcon'] as const;
export type Loss = (typeof lossNames)[number];

const weight = Type.Optional(Type.Number({ minimum: 0 }));
const lossWeights = Type.Object(
  { kl: weight, focal: weight, center: weight, supcon: weight },
  { additionalProperties: false },
);

/**
 * Every setting, once: its type, its bounds, its default, its words in `--help`. Files, flags, types and defaults are
 * made from this table. Flat on purpose: each is a line of the file and a flag of the command. The groups are those of
 * `--help`; defaults are the paper's recipe where it has one.
 */
export const sections = {
  Data: {
    dataset: text({
      value: 'NAME|CARD',
      default: 'demo',
      description: 'corpus: the name of a card, such as demo or ravdess, or its path',
    }),
    dataDir: Type.Optional(text({ value: 'DIR', description: 'folder of the corpus' })),
    allowIncomplete: flag({
      default: false,
      description:
        'go on with what is there when the counts differ from the card, without utterances too short for the encoder',
    }),
    sharedSpeakers: choice(['refused', 'allowed'], {
      default: 'refused',
      description: 'whether speakers may be in train and test, as in MELD: said beside every result',
    }),
    where: Type.Optional(
      text({
        value: 'RULES',
        description: 'only utterances with these values of columns: gender=female,language=pl|de',
      }),
    ),
    foldsBy: Type.Optional(
      text({
        value: 'COLUMN[:K]',
        description:
          'folds by speaker, session or another column in place of those of the card; K folds, or one group each',
      }),
    ),
    trainOn: Type.Optional(text({ value: 'NAME|CARD', description: 'cross-corpus: train on all of this corpus' })),
    trainDir: Type.Optional(text({ value: 'DIR', description: 'folder of the --train-on corpus' })),
    testOn: Type.Optional(
      text({ value: 'NAME|CARD', description: 'cross-corpus: test on all of this corpus, over the labels both have' }),
    ),
    testDir: Type.Optional(text({ value: 'DIR', description: 'folder of the --test-on corpus' })),
    folds: Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.Literal('all-data')]), {
      value: 'LIST',
      uniqueItems: true,
      default: [],
      description:
        'folds to run, such as 1,3; all by default; all-data trains one model on everything, to be used and not tested',
    }),
    validationGroups: integer(0, 1e6, {
      value: 'GROUPS',
      default: 0,
      description: 'groups (speakers, sessions) of the training side held out as inner validation; 0 for none',
    }),
  },
  Run: {
    name: Type.Optional(
      Type.String({
        value: 'NAME',
        pattern: runNamePattern,
        maxLength: 200,
        description: 'name of the run folder; made from the settings by default',
      }),
    ),
    runs: text({ value: 'DIR', default: 'runs', description: 'folder that holds the run folders' }),
    seed: integer(0, Number.MAX_SAFE_INTEGER, { value: 'N', default: 1, description: 'seed of everything random' }),
    engine: choice(['auto', 'onnx-cpu', 'onnx-webgpu', 'onnx-cuda', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'], {
      value: 'NAME',
      default: 'onnx-cpu',
      description: 'what computes: onnx-cpu, onnx-webgpu, onnx-cuda, tfjs-node-gpu, tfjs-node, tfjs-cpu, or auto',
    }),
    threads: integer(0, mostThreads, {
      value: 'N',
      default: 0,
      description: 'threads of the engine; 0 for one per core',
    }),
    precision: choice(['float32', 'mixed'], {
      value: 'HOW',
      default: 'float32',
      description:
        'float32, or on onnx-cuda mixed: large products of training in bfloat16 on weights of float32, features of a frozen encoder in float16',
    }),
    tf32: flag({
      default: true,
      description:
        'on onnx-cuda, multiply in TF32, which is faster and has 10 bits of fraction; false for full float32',
    }),
    stepsPerRun: integer(0, 1000, {
      value: 'K',
      default: 0,
      description: 'training steps of equal shape in one call of the engine; 0 lets the engine choose (1 on a CPU)',
    }),
    cacheLimit: number(
      { minimum: 0 },
      {
        value: 'GB',
        default: 0,
        description:
          'most features of frozen encoders kept in the cache, in gigabytes: the oldest go first; 0 for no limit',
      },
    ),
    baseline: choice(['probe', 'none'], {
      value: 'WHAT',
      default: 'probe',
      description: 'what the report compares with: a linear probe of the same pre-trained encoder, or nothing',
    }),
    by: Type.Unsafe<readonly string[]>({
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      value: 'LIST',
      default: [],
      description:
        'columns of the corpus that the report breaks results down by, such as gender,sentence, or age:4 for four ranges of numbers; columns of 2 to 12 values always',
    }),
    checkpointEvery: integer(0, mostSteps, {
      value: 'STEPS',
      default: 0,
      description: 'steps between checkpoints beside the one after each epoch; 0 for none',
    }),
    keepCheckpoints: integer(1, 1e6, { value: 'K', default: 2, description: 'checkpoints kept' }),
  },
  Encoder: {
    encoder: choice(['logmel', 'whisper', 'wavlm', 'hubert'], {
      value: 'KIND',
      default: 'logmel',
      description: 'logmel (trained from nothing), whisper, wavlm or hubert',
    }),
    weights: Type.Optional(text({ value: 'DIR', description: 'folder or hub id of the pre-trained encoder' })),
    layer: Type.String({
      value: 'LAYER',
      pattern: '^(last|weighted|blocks|[0-9]{1,3})$',
      default: 'last',
      description:
        'layer that is read: last, a number (0 is the input of block 1), weighted (a learned sum of all), or blocks (without the input of block 1)',
    }),
    layerNormalize: flag({ default: true, description: 'layer-normalise each layer before the weighted sum' }),
    standardize: flag({
      default: false,
      description: 'every feature of every layer to mean 0 and deviation 1 over the frames of the training side',
    }),
    speakerNormalize: flag({
      default: false,
      description:
        'with a frozen encoder: every feature of every layer to mean 0 and deviation 1 over the frames of each speaker, test speakers too, from all of their utterances without labels; said beside every result',
    }),
    tune: Type.String({
      value: 'PART',
      pattern: '^(frozen|transformer|all|top:[1-9][0-9]{0,2})$',
      default: 'transformer',
      description: 'what of the encoder learns: frozen, top:K (upper layers), transformer, or all',
    }),
    encoderLr: Type.Optional(
      number(
        { minimum: 0 },
        { value: 'RATE', description: 'learning rate of the encoder; that of the model by default' },
      ),
    ),
    hiddenSize: integer(1, mostFeatures, { value: 'D', default: 128, description: 'features of the logmel encoder' }),
    specAugment: flag({
      default: false,
      description: 'SpecAugment while training: 5 % of the steps masked in spans of 10',
    }),
    layerDrop: number(
      { minimum: 0, exclusiveMaximum: 1 },
      { value: 'P', default: 0, description: 'probability that a block above the first is skipped while training' },
    ),
    recompute: flag({
      default: false,
      description: 'recompute activations in the backward pass: less memory, more time',
    }),
  },
  Model: {
    pool: choice(['flam', 'mean', 'max'], {
      value: 'POOL',
      default: 'flam',
      description: 'frames to utterance: flam, mean or max',
    }),
    heads: integer(1, mostFeatures, { value: 'N', default: 16, description: 'attention heads of flam' }),
    projection: integer(1, mostFeatures, {
      value: 'D',
      default: 64,
      description: 'dimension of the center and contrastive spaces',
    }),
    classifier: choice(['projection', 'utterance'], {
      value: 'ON',
      default: 'projection',
      description: 'classifier on the projection z or on the utterance vector f',
    }),
    start: choice(['xavier', 'linear'], {
      value: 'HOW',
      default: 'xavier',
      description: 'first weights of flam: xavier, or linear (it begins as the mean of the frames)',
    }),
    fusion: choice(['none', 'probe'], {
      value: 'WITH',
      default: 'none',
      description:
        'what the model says is the mean of its probabilities and those of a linear probe of the same layers, fitted first; the probe hears the encoder as it came, also where the encoder learns',
    }),
    dropout: number(
      { minimum: 0, exclusiveMaximum: 1 },
      { value: 'P', default: 0, description: 'dropout of whole features of the frames that enter the pool' },
    ),
  },
  Losses: {
    losses: list(lossNames, { value: 'LIST', default: lossNames, description: 'of kl, focal, center, supcon' }),
    lossWeights: Type.Union([Type.Literal('auto'), lossWeights], {
      value: 'auto|LIST',
      default: 'auto',
      description: 'auto, or numbers such as kl=1,focal=1,center=0.1,supcon=0.3',
    }),
    labelSmoothing: number(
      { minimum: 0, exclusiveMaximum: 1 },
      { value: 'S', default: 0, description: 'share of every target that is spread evenly over the classes' },
    ),
    gamma: number({ minimum: 0 }, { value: 'G', default: 2, description: 'focusing parameter of the focal loss' }),
    temperature: number(
      { exclusiveMinimum: 0 },
      { value: 'T', default: 0.1, description: 'temperature of the contrastive loss' },
    ),
    classWeights: choice(['none', 'balanced'], {
      value: 'WHICH',
      default: 'none',
      description:
        'weights of the classes in kl and focal: none, or balanced (N / (C N_c) over the training side: rare classes count more)',
    }),
    normalizeFrames: flag({ default: true, description: 'L2-normalise the contrastive frames' }),
    supconTile: integer(0, 1e6, {
      value: 'ROWS',
      default: 0,
      description: 'rows of a tile of the contrastive loss; 0 lets the package choose',
    }),
  },
  Augmentation: {
    mix: choice(['none', 'eam', 'lam'], {
      value: 'MIX',
      default: 'eam',
      description: 'energy-adaptive, label-adaptive, or no mixing',
    }),
    mixProbability: number(
      { minimum: 0, maximum: 1 },
      { value: 'P', default: 0.5, description: 'share of the training utterances that are mixed' },
    ),
    snrDb: range(
      {},
      {
        value: 'LOW,HIGH',
        default: [-5, 10],
        description: 'range of the signal-to-noise ratio of eam in dB',
      },
    ),
    minMixSeconds: number({ minimum: 0 }, { value: 'S', default: 0.1, description: 'shortest eam segment in seconds' }),
    speed: range(
      { minimum: 0.5, maximum: 2 },
      {
        value: 'LOW,HIGH',
        default: [1, 1],
        description: 'range of the speed training utterances are played at, pitch and formants with it; 1,1 for none',
      },
    ),
    trim: choice(['none', 'silence'], {
      value: 'HOW',
      default: 'none',
      description: 'cut silence from both ends of every utterance, in training and evaluation',
    }),
    trimDb: number(
      { exclusiveMinimum: 0 },
      { value: 'DB', default: 40, description: 'silence is this far below the loudest 25 ms of the utterance' },
    ),
    crop: number(
      { minimum: 0.1, maximum: 3600 },
      { value: 'S', default: 6, description: 'longest training utterance in seconds, cropped at a random place' },
    ),
  },
  Training: {
    maxSeconds: number(
      { minimum: 0.1, maximum: 3600 },
      { value: 'S', default: 20, description: 'longest evaluated utterance in seconds; the rest is cut' },
    ),
    epochs: integer(1, 1e6, { value: 'N', default: 20, description: 'passes over the training side' }),
    batchSize: integer(1, 1e6, { value: 'N', default: 16, description: 'utterances in a batch' }),
    lr: number({ minimum: 0 }, { value: 'RATE', default: 1e-4, description: 'learning rate of the model' }),
    centerLr: number(
      { minimum: 0 },
      { value: 'RATE', default: 5e-3, description: 'learning rate of the class centers' },
    ),
    decay: number(
      { exclusiveMinimum: 0, maximum: 1 },
      { value: 'F', default: 7 / 8, description: 'every learning rate is multiplied by this after an epoch' },
    ),
    decayUntil: integer(1, 1e6, {
      value: 'EPOCH',
      default: 20,
      description: 'the epoch after which the rates stay',
    }),
    warmup: integer(0, mostSteps, {
      value: 'STEPS',
      default: 0,
      description: 'steps over which the rates rise from 0',
    }),
    weightDecay: number({ minimum: 0 }, { value: 'W', default: 0, description: 'decoupled weight decay of matrices' }),
    clipNorm: number(
      { minimum: 0 },
      { value: 'N', default: 0, description: 'longest gradient over all parameters; 0 for no limit' },
    ),
    emaDecay: number(
      { minimum: 0, exclusiveMaximum: 1 },
      {
        value: 'F',
        default: 0,
        description:
          'evaluate an exponential moving average of the weights with this factor; 0 for the weights themselves',
      },
    ),
    buckets: integer(1, 1000, {
      value: 'N',
      default: 4,
      description: 'lengths that batches are padded to; one compiled step each',
    }),
    sampling: choice(['shuffle', 'balanced'], {
      value: 'HOW',
      default: 'shuffle',
      description:
        'utterances of an epoch: shuffle (each once), or balanced (as many, every class equally often: rare ones repeat)',
    }),
    lengthGroup: integer(1, 1e6, {
      value: 'N',
      default: 4,
      description: 'batches whose utterances are sorted by length among themselves; 1 for purely random batches',
    }),
    select: choice(['last', 'best'], {
      value: 'WHICH',
      default: 'last',
      description: 'model kept: the last, or the best on the inner validation groups (never the test fold)',
    }),
  },
};
