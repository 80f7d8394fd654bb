import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from '@ser/files';
import type { Encoder } from '@ser/frontend-wavlm';
import type { Utterance } from '@ser/datasets';
import { sampleRate } from '../data/plan';
import { storedWave, waveOf } from '../data/waves';
import { argmax } from '../metrics';
import { allDataIndex, foldTitle } from '../record/fold-result';
import { jsonLines } from '../record/json-lines';
import { probePredictions, type PredictionLine } from '../record/run-files';
import type { FoldJob } from '../run/fold';
import { openFeatureStore } from '../run/feature-store';
import { fitProbe, layerSets, pool, predict, type Pooled } from './probe';
import { poolBySpeaker, type PooledFrames } from './speaker-pooled';

/**
 * Trains the linear probe of a fold on its encoder as it came, before anything is tuned, and writes its predictions; does
 * nothing where they are there, or the encoder was not pre-trained.
 */
export async function probeFold(job: FoldJob, encoder: Encoder, train: readonly Utterance[]): Promise<void> {
  const { config, dir, fold, labels, progress } = job;
  const path = join(dir, probePredictions);
  if (config.baseline === 'none' || config.encoder === 'logmel' || existsSync(path)) return;
  if (fold.index === allDataIndex) return;
  const pooled = await pooledFrames(job, encoder, [...train, ...fold.test]);
  const options = {
    labels,
    groupOf: ({ speaker }: Utterance) => speaker,
    pooled: ({ id }: Utterance) => pooled.get(id) ?? [],
    threads: config.threads,
    ...(job.signal ? { signal: job.signal } : {}),
  };
  const probe = await fitProbe(train, layerSets(encoder.layerCount), options);
  progress.line(`${foldTitle(fold.index)}  linear probe: layers ${probe.layers.join(', ')}, C = ${probe.strength}`);
  const probabilitiesOf = predict(probe, fold.test, options);
  const rows = fold.test.map(({ id, speaker, label }, i): PredictionLine => {
    const probabilities = probabilitiesOf[i] ?? [];
    return { id, fold: fold.index, speaker, label, predicted: labels[argmax(probabilities)] ?? '', probabilities };
  });
  job.lease?.check();
  await writeFileWhole(path, jsonLines(rows));
}

/** Utterances that are computed together where a GPU does it: the features of 25 layers of 16 × 20 s take 1.6 GB. */
const together = 16;

/** Means and deviations of all layers, utterance by utterance; frames are kept in the feature cache where they fit. */
async function pooledFrames(job: FoldJob, encoder: Encoder, list: readonly Utterance[]): Promise<Map<string, Pooled>> {
  const { config, waves, engine, signal } = job;
  const most = Math.min(config.maxSeconds * sampleRate, encoder.maxSamples ?? Infinity);
  const samplesOf = ({ id }: Utterance): number => Math.min(most, storedWave(waves, id).samples);
  const lengths = list.map(samplesOf);
  const { frozen, fits, batched } = await openFeatureStore(config, engine, encoder, 'all', lengths);
  try {
    const pooled = new Map<string, PooledFrames>();
    const perCall = batched ? together : 1;
    const byLength = [...list].sort((a, b) => samplesOf(b) - samplesOf(a));
    for (let i = 0; i < list.length; i += perCall) {
      signal?.throwIfAborted();
      const part = byLength.slice(i, i + perCall);
      const own = await Promise.all(
        part.map(async ({ id }) => (await waveOf(storedWave(waves, id))).subarray(0, most)),
      );
      const features = await frozen.extract(own, { keep: own.map(() => fits) });
      part.forEach(({ id, speaker }, k) => {
        const frames = features[k];
        if (frames) pooled.set(id, { speaker, frames: frames.shape.at(-2) ?? 0, pooled: pool(frames) });
      });
      job.progress.count('probe', pooled.size, list.length);
    }
    if (config.speakerNormalize) return poolBySpeaker(pooled);
    return new Map([...pooled].map(([id, { pooled: own }]) => [id, own]));
  } finally {
    await frozen.dispose();
  }
}
