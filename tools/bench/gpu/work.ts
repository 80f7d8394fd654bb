import type { WaveConfig } from '@ser/frontend-wavlm';
import { wavlmBase, wavlmLarge } from '../../../packages/frontend-wavlm/bench/shapes';
import type { Shape } from '../flam-step/problem';

/** A row of the table: one piece of work, done by every engine. */
export const titles = {
  'flam-150': 'FLAM step, 16 × 150 × 1024',
  'fed-150': 'FLAM step, 16 × 150 × 1024, each with a new batch from the host',
  'flam-250': 'FLAM step, 16 × 250 × 1024',
  'fed-250': 'FLAM step, 16 × 250 × 1024, each with a new batch from the host',
  'base-finetune': 'WavLM Base fine-tuning, 16 × 3 s',
  'base-forward': 'WavLM Base forward, 16 × 4 s',
  'large-top': 'WavLM Large fine-tuning, top 4 layers, 16 × 3 s',
  'large-all': 'WavLM Large fine-tuning, all layers, 16 × 3 s',
  cv: '`ser cv` on the demo corpus, one fold, whole command',
} as const;

export type Row = keyof typeof titles;

export const rows = Object.keys(titles) as Row[];

interface Timing {
  /** Steps that are not timed. */
  readonly warmup: number;
  readonly steps: number;
  /** Steps in one run, and such runs. */
  readonly many: number;
  readonly runs: number;
}

/** What is to be done for a row; the peers in Python read it, too. */
export type Job = FlamJob | EncoderJob;

export interface FlamJob extends Timing {
  readonly row: Row;
  readonly kind: 'flam';
  /** Folder of weights and batch, beside the file of jobs. */
  readonly folder: string;
  readonly shape: Shape;
  /** Whether each step gets a batch of its own from the host, instead of one that stays on the card. */
  readonly fed: boolean;
}

export interface EncoderJob extends Timing {
  readonly row: Row;
  readonly kind: 'forward' | 'finetune';
  /** Folder of the model, beside the file of jobs. */
  readonly folder: string;
  readonly config: WaveConfig;
  readonly batch: number;
  /** Of an utterance, at 16 kHz. */
  readonly samples: number;
  /** Blocks that are trained, from the last; everything but the convolutions when absent. */
  readonly top?: number;
}

/** The content of the file of jobs. */
export interface Plan {
  readonly jobs: readonly Job[];
  /** Whether PyTorch may do them without a card. */
  readonly allowCpu: boolean;
}

/** The work of every row but `cv`; tiny for a machine without a GPU. */
export function plan(tiny: boolean): Plan {
  return { jobs: tiny ? tinyJobs() : trueJobs(), allowCpu: tiny };
}

function trueJobs(): Job[] {
  const many = { warmup: 3, steps: 20, many: 20, runs: 3 };
  const few = { warmup: 2, steps: 8, many: 10, runs: 3 };
  const fewest = { warmup: 2, steps: 5, many: 4, runs: 2 };
  return [
    ...flamJobs(150, { batch: 16, frames: 150, dim: 1024 }, many),
    ...flamJobs(250, { batch: 16, frames: 250, dim: 1024 }, many),
    ...encoderJobs({ base: wavlmBase, large: wavlmLarge, batch: 16, top: 4, forward: 64_000, finetune: 48_000 }, [
      few,
      fewest,
    ]),
  ];
}

function tinyJobs(): Job[] {
  const timing = { warmup: 1, steps: 2, many: 2, runs: 1 };
  const narrow = (config: WaveConfig): WaveConfig => ({
    ...config,
    hiddenSize: 32,
    layerCount: 2,
    heads: 2,
    feedForward: 64,
    convDim: config.convDim.map(() => 8),
    positionKernel: 16,
    positionGroups: 4,
  });
  const [base, large] = [narrow(wavlmBase), narrow(wavlmLarge)];
  return [
    ...flamJobs(150, { batch: 4, frames: 6, dim: 32 }, timing),
    ...flamJobs(250, { batch: 4, frames: 10, dim: 32 }, timing),
    ...encoderJobs({ base, large, batch: 2, top: 1, forward: 6400, finetune: 4800 }, [timing, timing]),
  ];
}

function flamJobs(frames: 150 | 250, shape: Shape, timing: Timing): Job[] {
  const shared = { kind: 'flam', folder: `flam-${frames}`, shape, ...timing } as const;
  return [
    { row: `flam-${frames}`, fed: false, ...shared },
    { row: `fed-${frames}`, fed: true, ...shared },
  ];
}

interface Encoders {
  readonly base: WaveConfig;
  readonly large: WaveConfig;
  readonly batch: number;
  readonly top: number;
  readonly forward: number;
  readonly finetune: number;
}

function encoderJobs({ base, large, batch, top, forward, finetune }: Encoders, [few, fewest]: [Timing, Timing]): Job[] {
  const ofBase = { folder: 'base', config: base, batch, ...few };
  const ofLarge = { folder: 'large', config: large, batch, kind: 'finetune', samples: finetune, ...fewest } as const;
  return [
    { row: 'base-finetune', kind: 'finetune', samples: finetune, ...ofBase },
    { row: 'base-forward', kind: 'forward', samples: forward, ...ofBase },
    { row: 'large-top', top, ...ofLarge },
    { row: 'large-all', ...ofLarge },
  ];
}
