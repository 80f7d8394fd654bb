import { join } from 'node:path';
import type { Fold, Utterance } from '@ser/datasets';
import { takeLease, type Lease } from '@ser/files';
import type { Encoder } from '@ser/frontend-wavlm';
import type { Config } from '../config/schema';
import type { StoredWave } from '../data/waves';
import { probeFold } from '../baseline/probe-fold';
import { embeddingsBefore } from '../record/artifacts';
import { loadCheckpoint } from '../record/checkpoint';
import { doneFold, mendFold } from './done-fold';
import type { Fingerprint } from '../record/fingerprint';
import { foldTitle } from '../record/fold-result';
import { openMetricsLog } from '../record/metrics';
import { start, withLossWeights } from '../record/position';
import type { FoldResult } from '../record/run-files';
import type { Engine } from '../training/engine';
import { fixedWeights } from '../training/loss-weights';
import type { AudioHashes } from './fingerprint';
import { finishFold } from './finish-fold';
import type { MixedFeatures } from './feature-store';
import { leaseFile } from './lease-file';
import { measureFrames } from './measure-frames';
import { openFold } from './open-fold';
import { fitFusion } from './fit-fusion';
import type { Progress } from './progress';
import { endEpoch, measureWeights, save, trainEpoch } from './train-epoch';

/** A fold as a self-contained job: everything it needs, and the folder it fills. */
export interface FoldJob {
  readonly config: Config;
  readonly labels: readonly string[];
  readonly fold: Pick<Fold, 'index' | 'name' | 'train' | 'test' | 'testGroups'> &
    Partial<Pick<Fold, 'testSets' | 'sharedSpeakers'>>;
  /** Inner validation: the corpus's own development set, or the part of `fold.train` that is left out of training. */
  readonly validation: readonly Utterance[];
  readonly waves: ReadonlyMap<string, StoredWave>;
  readonly createEncoder: () => Promise<Encoder>;
  readonly engine: Engine;
  readonly dir: string;
  /** What the fold is made from; see `fingerprintOf`. */
  readonly fingerprint: Fingerprint;
  /** Of the audio files: the model keeps those that it was trained on; without them it does not say. */
  readonly audio?: AudioHashes;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Where the features of mixed utterances are kept, if other runs mix the same way with the same frozen encoder. */
  readonly mixed?: MixedFeatures;
  /** Waits when another process has the fold, and takes over what it leaves. */
  readonly wait?: boolean;
  /** Of the folder; checked before anything is written that must not be written by two. */
  readonly lease?: Pick<Lease, 'check'>;
}

/**
 * Trains and tests one fold, or goes on where an earlier process stopped.
 *
 * @throws {InputError} when another process has the fold, or a loss is not finite.
 */
export async function runFold(job: FoldJob): Promise<FoldResult> {
  const lease = await takeLease(join(job.dir, leaseFile), {
    purpose: 'runs this fold',
    wait: job.wait ?? false,
    onWait: job.progress.line,
    ...(job.signal ? { signal: job.signal } : {}),
  });
  try {
    const signal = AbortSignal.any([lease.signal, ...(job.signal ? [job.signal] : [])]);
    await mendFold(job.dir, job.progress.line);
    return (await doneFold(job.dir, job.fingerprint)) ?? (await trainFold({ ...job, signal, lease }));
  } finally {
    lease.release();
  }
}

/** Opens the fold, measures its frames where they are standardised, finds where it stopped, measures the weights of the losses, trains the epochs, and finishes. */
async function trainFold(job: FoldJob): Promise<FoldResult> {
  const { config, progress } = job;
  const fold = await openFold(job);
  try {
    await probeFold(job, fold.encoder, fold.train);
    if (config.standardize) await measureFrames(fold);
    if (config.fusion === 'probe') await fitFusion(fold);
    // The untrained model is shown before a checkpoint is loaded, so that a resumed run has its embeddings too.
    await embeddingsBefore(job, fold.train, fold.evaluate);
    let position = (await loadCheckpoint(job.dir, fold.variables, job.fingerprint, progress.line)) ?? start;
    if (position.step > 0)
      progress.line(`${foldTitle(job.fold.index)}  going on at epoch ${position.epoch}, after step ${position.step}`);
    const log = await openMetricsLog(fold.path('metrics.jsonl'), position.metricRows, progress.line);

    const lossWeights = position.lossWeights ?? fixedWeights(config) ?? (await measureWeights(fold));
    position = withLossWeights(position, lossWeights);

    while (position.epoch <= config.epochs) {
      position = await trainEpoch(fold, log, position, lossWeights);
      position = await endEpoch(fold, log, position, lossWeights);
      await save(fold, position);
    }
    return await finishFold(fold, position);
  } finally {
    await fold.close();
  }
}
