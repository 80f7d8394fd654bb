import { defaults } from './defaults';

/** Everything a run depends on. Flat on purpose: each key is a line of the file and a flag of the command. */
export interface Config {
  dataset: string;
  dataDir?: string;
  allowIncomplete: boolean;
  trainOn?: string;
  trainDir?: string;
  testOn?: string;
  testDir?: string;
  name?: string;
  runs: string;
  folds: number[];
  seed: number;
  engine: 'auto' | 'onnx-cpu' | 'onnx-webgpu' | 'onnx-cuda' | 'tfjs-node-gpu' | 'tfjs-node' | 'tfjs-cpu';
  threads: number;
  encoder: 'logmel' | 'whisper' | 'wavlm' | 'hubert';
  weights?: string;
  layer: string;
  layerNormalize: boolean;
  tune: string;
  hiddenSize: number;
  recompute: boolean;
  pool: 'flam' | 'mean' | 'max';
  heads: number;
  projection: number;
  classifier: 'projection' | 'utterance';
  dropout: number;
  losses: ('kl' | 'focal' | 'center' | 'supcon')[];
  lossWeights: 'auto' | { kl?: number; focal?: number; center?: number; supcon?: number };
  gamma: number;
  temperature: number;
  normalize: boolean;
  supconTile: number;
  mix: 'none' | 'eam' | 'lam';
  mixProbability: number;
  snrDb: number[];
  minMixSeconds: number;
  speed: number[];
  trim: 'none' | 'silence';
  trimDb: number;
  crop: number;
  maxSeconds: number;
  epochs: number;
  batchSize: number;
  lr: number;
  centerLr: number;
  encoderLr?: number;
  decay: number;
  decayUntil: number;
  warmup: number;
  weightDecay: number;
  clipNorm: number;
  average: number;
  buckets: number;
  lengthGroup: number;
  specAugment: boolean;
  layerDrop: number;
  validation: number;
  select: 'last' | 'best';
  checkpointEvery: number;
  keepCheckpoints: number;
}

export type Loss = Config['losses'][number];

interface Property {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Groups the flags in `--help`. */
  readonly section: 'Data' | 'Run' | 'Encoder' | 'Model' | 'Losses' | 'Augmentation' | 'Training';
  /** Name of the value in `--help`. */
  readonly value?: string;
}

const text = { type: 'string', minLength: 1 };
const flag = { type: 'boolean' };
const number = (range: Record<string, number>): Record<string, unknown> => ({ type: 'number', ...range });
const integer = (minimum: number): Record<string, unknown> => ({ type: 'integer', minimum });
const choice = (...values: string[]): Record<string, unknown> => ({ type: 'string', enum: values });

/** The one description of every setting: file, flags, `--help` and `ser config show` are made from it. */
export const properties: Readonly<Record<keyof Config, Property>> = {
  dataset: {
    section: 'Data',
    value: 'NAME|CARD',
    schema: text,
    description: 'corpus: demo, ravdess, iemocap, msp-improv, savee, or the path of a card',
  },
  dataDir: { section: 'Data', value: 'DIR', schema: text, description: 'folder of the corpus' },
  allowIncomplete: {
    section: 'Data',
    schema: flag,
    description: 'go on with what is there when the counts differ from the card',
  },
  trainOn: {
    section: 'Data',
    value: 'NAME|CARD',
    schema: text,
    description: 'cross-corpus: train on all of this corpus',
  },
  trainDir: { section: 'Data', value: 'DIR', schema: text, description: 'folder of the --train-on corpus' },
  testOn: {
    section: 'Data',
    value: 'NAME|CARD',
    schema: text,
    description: 'cross-corpus: test on all of this corpus, over the labels both have',
  },
  testDir: { section: 'Data', value: 'DIR', schema: text, description: 'folder of the --test-on corpus' },
  folds: {
    section: 'Data',
    value: 'LIST',
    schema: { type: 'array', items: integer(1), uniqueItems: true },
    description: 'folds to run, such as 1,3; all by default',
  },
  validation: {
    section: 'Data',
    value: 'GROUPS',
    schema: integer(0),
    description: 'groups (speakers, sessions) of the training side held out as inner validation; 0 for none',
  },
  name: {
    section: 'Run',
    value: 'NAME',
    schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
    description: 'name of the run folder; made from the settings by default',
  },
  runs: { section: 'Run', value: 'DIR', schema: text, description: 'folder that holds the run folders' },
  seed: { section: 'Run', value: 'N', schema: integer(0), description: 'seed of everything random' },
  engine: {
    section: 'Run',
    value: 'NAME',
    schema: choice('auto', 'onnx-cpu', 'onnx-webgpu', 'onnx-cuda', 'tfjs-node-gpu', 'tfjs-node', 'tfjs-cpu'),
    description: 'what computes: onnx-cpu, onnx-webgpu, onnx-cuda, tfjs-node-gpu, tfjs-node, tfjs-cpu, or auto',
  },
  threads: { section: 'Run', value: 'N', schema: integer(0), description: 'threads of the engine; 0 for one per core' },
  checkpointEvery: {
    section: 'Run',
    value: 'STEPS',
    schema: integer(0),
    description: 'steps between checkpoints beside the one after each epoch; 0 for none',
  },
  keepCheckpoints: { section: 'Run', value: 'K', schema: integer(1), description: 'checkpoints kept' },
  encoder: {
    section: 'Encoder',
    value: 'KIND',
    schema: choice('logmel', 'whisper', 'wavlm', 'hubert'),
    description: 'logmel (trained from nothing), whisper, wavlm or hubert',
  },
  weights: {
    section: 'Encoder',
    value: 'DIR',
    schema: text,
    description: 'folder or hub id of the pre-trained encoder',
  },
  layer: {
    section: 'Encoder',
    value: 'LAYER',
    schema: { type: 'string', pattern: '^(last|weighted|blocks|[0-9]+)$' },
    description:
      'layer that is read: last, a number (0 is the input of block 1), weighted (a learned sum of all), or blocks (without the input of block 1)',
  },
  layerNormalize: {
    section: 'Encoder',
    schema: flag,
    description: 'layer-normalise each layer before the weighted sum',
  },
  tune: {
    section: 'Encoder',
    value: 'PART',
    schema: { type: 'string', pattern: '^(frozen|transformer|all|top:[1-9][0-9]*)$' },
    description: 'what of the encoder learns: frozen, top:K (upper layers), transformer, or all',
  },
  encoderLr: {
    section: 'Encoder',
    value: 'RATE',
    schema: number({ minimum: 0 }),
    description: 'learning rate of the encoder; that of the model by default',
  },
  hiddenSize: { section: 'Encoder', value: 'D', schema: integer(1), description: 'features of the logmel encoder' },
  specAugment: {
    section: 'Encoder',
    schema: flag,
    description: 'SpecAugment while training: 5 % of the steps masked in spans of 10',
  },
  layerDrop: {
    section: 'Encoder',
    value: 'P',
    schema: number({ minimum: 0, exclusiveMaximum: 1 }),
    description: 'probability that a block above the first is skipped while training',
  },
  recompute: {
    section: 'Encoder',
    schema: flag,
    description: 'recompute activations in the backward pass: less memory, more time',
  },
  pool: {
    section: 'Model',
    value: 'POOL',
    schema: choice('flam', 'mean', 'max'),
    description: 'frames to utterance: flam, mean or max',
  },
  heads: { section: 'Model', value: 'N', schema: integer(1), description: 'attention heads of flam' },
  projection: {
    section: 'Model',
    value: 'D',
    schema: integer(1),
    description: 'dimension of the center and contrastive spaces',
  },
  classifier: {
    section: 'Model',
    value: 'ON',
    schema: choice('projection', 'utterance'),
    description: 'classifier on the projection z or on the utterance vector f',
  },
  dropout: {
    section: 'Model',
    value: 'P',
    schema: number({ minimum: 0, exclusiveMaximum: 1 }),
    description: 'dropout on the frames that enter the pool',
  },
  losses: {
    section: 'Losses',
    value: 'LIST',
    schema: { type: 'array', items: choice('kl', 'focal', 'center', 'supcon'), minItems: 1, uniqueItems: true },
    description: 'of kl, focal, center, supcon',
  },
  lossWeights: {
    section: 'Losses',
    value: 'auto|LIST',
    schema: {
      anyOf: [
        { const: 'auto' },
        {
          type: 'object',
          properties: {
            kl: number({ minimum: 0 }),
            focal: number({ minimum: 0 }),
            center: number({ minimum: 0 }),
            supcon: number({ minimum: 0 }),
          },
          additionalProperties: false,
        },
      ],
    },
    description: 'auto, or numbers such as kl=1,focal=1,center=0.1,supcon=0.3',
  },
  gamma: {
    section: 'Losses',
    value: 'G',
    schema: number({ minimum: 0 }),
    description: 'focusing parameter of the focal loss',
  },
  temperature: {
    section: 'Losses',
    value: 'T',
    schema: number({ exclusiveMinimum: 0 }),
    description: 'temperature of the contrastive loss',
  },
  normalize: { section: 'Losses', schema: flag, description: 'L2-normalise the contrastive frames' },
  supconTile: {
    section: 'Losses',
    value: 'ROWS',
    schema: integer(0),
    description: 'rows of a tile of the contrastive loss; 0 lets the package choose',
  },
  mix: {
    section: 'Augmentation',
    value: 'MIX',
    schema: choice('none', 'eam', 'lam'),
    description: 'energy-adaptive, label-adaptive, or no mixing',
  },
  mixProbability: {
    section: 'Augmentation',
    value: 'P',
    schema: number({ minimum: 0, maximum: 1 }),
    description: 'share of the training utterances that are mixed',
  },
  snrDb: {
    section: 'Augmentation',
    value: 'LOW,HIGH',
    schema: { type: 'array', items: number({}), minItems: 2, maxItems: 2 },
    description: 'range of the signal-to-noise ratio of eam in dB',
  },
  minMixSeconds: {
    section: 'Augmentation',
    value: 'S',
    schema: number({ minimum: 0 }),
    description: 'shortest eam segment in seconds',
  },
  speed: {
    section: 'Augmentation',
    value: 'LOW,HIGH',
    schema: { type: 'array', items: number({ minimum: 0.5, maximum: 2 }), minItems: 2, maxItems: 2 },
    description: 'range of the speed training utterances are played at, pitch and formants with it; 1,1 for none',
  },
  trim: {
    section: 'Augmentation',
    value: 'HOW',
    schema: choice('none', 'silence'),
    description: 'cut silence from both ends of every utterance, in training and evaluation',
  },
  trimDb: {
    section: 'Augmentation',
    value: 'DB',
    schema: number({ exclusiveMinimum: 0 }),
    description: 'silence is this far below the loudest 25 ms of the utterance',
  },
  crop: {
    section: 'Augmentation',
    value: 'S',
    schema: number({ minimum: 0.1 }),
    description: 'longest training utterance in seconds, cropped at a random place',
  },
  maxSeconds: {
    section: 'Training',
    value: 'S',
    schema: number({ minimum: 0.1 }),
    description: 'longest evaluated utterance in seconds; the rest is cut',
  },
  epochs: { section: 'Training', value: 'N', schema: integer(1), description: 'passes over the training side' },
  batchSize: { section: 'Training', value: 'N', schema: integer(1), description: 'utterances in a batch' },
  lr: { section: 'Training', value: 'RATE', schema: number({ minimum: 0 }), description: 'learning rate of the model' },
  centerLr: {
    section: 'Training',
    value: 'RATE',
    schema: number({ minimum: 0 }),
    description: 'learning rate of the class centers',
  },
  decay: {
    section: 'Training',
    value: 'F',
    schema: number({ exclusiveMinimum: 0, maximum: 1 }),
    description: 'every learning rate is multiplied by this after an epoch',
  },
  decayUntil: {
    section: 'Training',
    value: 'EPOCH',
    schema: integer(1),
    description: 'the epoch after which the rates stay',
  },
  warmup: {
    section: 'Training',
    value: 'STEPS',
    schema: integer(0),
    description: 'steps over which the rates rise from 0',
  },
  weightDecay: {
    section: 'Training',
    value: 'W',
    schema: number({ minimum: 0 }),
    description: 'decoupled weight decay of matrices',
  },
  clipNorm: {
    section: 'Training',
    value: 'N',
    schema: number({ minimum: 0 }),
    description: 'longest gradient over all parameters; 0 for no limit',
  },
  average: {
    section: 'Training',
    value: 'F',
    schema: number({ minimum: 0, exclusiveMaximum: 1 }),
    description: 'evaluate an exponential moving average of the weights with this factor; 0 for the weights themselves',
  },
  buckets: {
    section: 'Training',
    value: 'N',
    schema: integer(1),
    description: 'lengths that batches are padded to; one compiled step each',
  },
  lengthGroup: {
    section: 'Training',
    value: 'N',
    schema: integer(1),
    description: 'batches whose utterances are sorted by length among themselves; 1 for purely random batches',
  },
  select: {
    section: 'Training',
    value: 'WHICH',
    schema: choice('last', 'best'),
    description: 'model kept: the last, or the best on the inner validation groups (never the test fold)',
  },
};

/** JSON schema of a configuration: every key optional, because files and flags are partial. */
export const schema = {
  $id: 'ser-config',
  type: 'object',
  additionalProperties: false,
  properties: {
    preset: { type: 'string', description: 'settings to start from' },
    ...Object.fromEntries(
      Object.entries(properties).map(([key, { schema: rule, description }]) => [
        key,
        { description, ...(key in defaults ? { default: defaults[key as keyof typeof defaults] } : {}), ...rule },
      ]),
    ),
  },
};

/** Whether a word is the name of a setting. */
export function isKey(word: string): word is keyof Config {
  return Object.hasOwn(properties, word);
}

export const keys = Object.keys(properties).filter(isKey);
