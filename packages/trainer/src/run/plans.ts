import type { Encoder } from '@ser/frontend-wavlm';
import type { Config } from '../config/schema';
import { bucketLengths, planEpoch, planEvaluation, sampleRate, type BatchPlan, type Source } from '../data/plan';
import { playedSamples } from '../data/speed';
import { gatherRuns } from './runs';

/** What of an encoder matters to a plan. */
type PlannedFor = Pick<Encoder, 'batching' | 'maxSamples'>;

/**
 * The plan of each training epoch (from 1) of a fold, with the batches together that may run in one call.
 * @param about.classes class of each source
 */
export function trainingPlans(
  config: Config,
  fold: string,
  sources: readonly Source[],
  encoder: PlannedFor,
  { stepsPerRun, classes }: { readonly stepsPerRun: number; readonly classes: readonly number[] },
): (epoch: number) => BatchPlan[] {
  const maxSamples = longest(config.crop, encoder);
  const [slowest, fastest] = config.speed;
  // Three speeds stand for the range: the slowest makes the last bucket hold everything.
  const speeds = [slowest, (slowest + fastest) / 2, fastest];
  const played = sources.flatMap(({ samples }) => speeds.map((speed) => playedSamples(samples, speed)));
  const options = {
    ...config,
    fold,
    maxSamples,
    buckets: bucketLengths(played, maxSamples, config.buckets),
    batching: encoder.batching,
    ...(config.sampling === 'balanced' ? { balanced: classes } : {}),
  };
  return (epoch) => gatherRuns(planEpoch(sources, { ...options, epoch }), stepsPerRun);
}

/** Whole utterances up to `maxSeconds`. */
export function evaluationPlan(config: Config, sources: readonly Source[], encoder: PlannedFor): BatchPlan[] {
  const maxSamples = longest(config.maxSeconds, encoder);
  const lengths = sources.map(({ samples }) => samples);
  return planEvaluation(sources, {
    batchSize: config.batchSize,
    maxSamples,
    buckets: bucketLengths(lengths, maxSamples, config.buckets),
    batching: encoder.batching,
  });
}

function longest(seconds: number, encoder: PlannedFor): number {
  return Math.min(seconds * sampleRate, encoder.maxSamples ?? Infinity);
}
