import type { Config } from './schema';

export interface Preset {
  /** What it is for, the command, the time it takes and what it reached. */
  readonly about: string;
  readonly settings: Partial<Config>;
}

/** Section 3.2 of the paper: WavLM Large, last layer, FLAM, EAM, four losses, Adam 1e-4 and 5e-3, batch 16, 7/8 per epoch. */
const paper: Partial<Config> = {
  encoder: 'wavlm',
  layer: 'last',
  tune: 'transformer',
  pool: 'flam',
  heads: 16,
  projection: 64,
  losses: ['kl', 'focal', 'center', 'supcon'],
  lossWeights: 'auto',
  mix: 'eam',
  epochs: 20,
  batchSize: 16,
  lr: 1e-4,
  centerLr: 5e-3,
  decay: 7 / 8,
  decayUntil: 20,
  lengthGroup: 1,
  select: 'last',
};

/**
 * A pre-trained encoder as it is: FLAM, which begins as the mean of standardised frames, with KL, center and contrastive
 * loss; beside it a linear probe of the same blocks. On the inner validation speakers of RAVDESS the two together were better
 * than FLAM alone, and mixing gained nothing (docs/results.md).
 */
const any: Partial<Config> = {
  layer: 'blocks',
  standardize: true,
  tune: 'frozen',
  pool: 'flam',
  start: 'linear',
  fusion: 'probe',
  dropout: 0.4,
  losses: ['kl', 'center', 'supcon'],
  lossWeights: { kl: 1, center: 0.001, supcon: 0.05 },
  labelSmoothing: 0.1,
  mix: 'none',
  trim: 'silence',
  epochs: 6,
  lr: 1e-3,
  warmup: 30,
  decay: 0.7,
  weightDecay: 0.1,
  clipNorm: 5,
};

/**
 * The same with an encoder that learns, from speech that is played faster and slower and masked; its weights are averaged over
 * the steps. Six epochs, because more of them overfit. The probe still hears the encoder as it came: the two are wrong about
 * different utterances (docs/results.md).
 */
const anyTuned: Partial<Config> = {
  ...any,
  tune: 'transformer',
  encoderLr: 1e-4,
  lr: 7e-4,
  warmup: 60,
  emaDecay: 0.99,
  specAugment: true,
  speed: [0.85, 1.15],
  crop: 3,
  lengthGroup: 8,
};

export const presets: Readonly<Record<string, Preset>> = {
  any: {
    about: `Any corpus with any pre-trained encoder: the default where no other preset fits.
  ser cv --dataset=CARD --encoder=whisper --weights=DIR
  Minutes on two cores; see docs/results.md for what it reached beside the linear probe.`,
    settings: any,
  },
  'any-tuned': {
    about: `The same with an encoder that is fine-tuned: hours where \`any\` takes minutes, unless the encoder is small.
  ser cv --preset=any-tuned --dataset=CARD --encoder=whisper --weights=DIR
  RAVDESS with Whisper tiny.en: 78.0 % WA over six folds and three seeds, 1.8 points of UA above the linear probe; about
  five minutes a fold with one thread. On synthetic voices it was below the probe: compare on your corpus (docs/results.md).`,
    settings: anyTuned,
  },
  demo: {
    about: `The synthetic corpus, no download; its numbers mean nothing beyond "the pipeline works".
  npx nx run trainer:cv
  Under three minutes on two cores.`,
    settings: {
      dataset: 'demo',
      encoder: 'logmel',
      tune: 'all',
      hiddenSize: 64,
      epochs: 8,
      lr: 2e-3,
      buckets: 2,
    },
  },
  'paper-iemocap': {
    about: `The paper's recipe on IEMOCAP: 5 folds by session, four classes.
  ser cv --preset=paper-iemocap --data-dir=IEMOCAP_full_release --weights=microsoft/wavlm-large --engine=onnx-cuda
  Not run here (licensed corpus, WavLM Large); the paper reports 78.47 % WA, 79.14 % UA.`,
    settings: { ...paper, dataset: 'iemocap' },
  },
  'paper-msp-improv': {
    about: `The paper's recipe on MSP-IMPROV: 6 folds by session, four classes.
  ser cv --preset=paper-msp-improv --data-dir=MSP-IMPROV --weights=microsoft/wavlm-large --engine=onnx-cuda
  Not run here (licensed corpus, WavLM Large); the paper reports 58.55 % WA, 58.34 % UA.`,
    settings: { ...paper, dataset: 'msp-improv' },
  },
  'paper-ravdess': {
    about: `The paper's recipe on RAVDESS speech: 6 folds by actor, eight classes.
  ser cv --preset=paper-ravdess --data-dir=RAVDESS --weights=microsoft/wavlm-large --engine=onnx-cuda
  Not run here (WavLM Large); the paper reports 93.40 % WA, 92.28 % UA.`,
    settings: { ...paper, dataset: 'ravdess' },
  },
  'paper-savee': {
    about: `The paper's recipe on SAVEE: 4 folds by speaker, seven classes.
  ser cv --preset=paper-savee --data-dir=SAVEE --weights=microsoft/wavlm-large --engine=onnx-cuda
  Not run here (licensed corpus, WavLM Large); the paper reports 72.3 % UA over the speakers.`,
    settings: { ...paper, dataset: 'savee' },
  },
};

/** The preset where none was named: `demo` for the demo corpus with its own encoder, `any` for pre-trained encoders. */
export function presetFor(settings: Partial<Config>): string | undefined {
  const dataset = settings.dataset ?? (settings.trainOn === undefined ? 'demo' : undefined);
  const encoder = settings.encoder;
  if (dataset === 'demo' && (encoder === undefined || encoder === 'logmel')) return 'demo';
  if (encoder !== undefined && encoder !== 'logmel') return 'any';
  return undefined;
}
