import { planEnergyAdaptiveMix, type MixPlan } from '@ser/augment-eam';
import { randomInt, seeded, shuffled, type Random } from '../random';
import { drawBalanced } from './balance';
import { playedSamples } from './speed';

export const sampleRate = 16_000;

/** An utterance as planning sees it: who it is and how long, in samples after trimming. */
export interface Source {
  readonly id: string;
  readonly samples: number;
}

/** A part of an utterance, in samples from the start of the trimmed waveform. */
export interface Clip {
  readonly id: string;
  readonly start: number;
  readonly samples: number;
}

export type PlannedMix =
  /** Energy-adaptive: `plan` counts from the start of the dominant's clip and of the interferer's whole waveform. */
  | { readonly kind: 'eam'; readonly interferer: string; readonly plan: MixPlan }
  /** Label-adaptive: both clips over each other. */
  | { readonly kind: 'lam'; readonly interferer: Clip };

export interface PlannedUtterance extends Clip {
  /** How much faster the clip is played, before mixing; 1 when absent. */
  readonly speed?: number;
  readonly mix?: PlannedMix;
}

/** Who is in a batch and what happens to them; `samples` is the length all are padded to. */
export interface BatchPlan {
  readonly samples: number;
  readonly utterances: readonly PlannedUtterance[];
}

export interface PlanOptions {
  readonly batchSize: number;
  /** Longest clip in samples. */
  readonly maxSamples: number;
  /** Lengths to pad to, ascending, in samples. */
  readonly buckets: readonly number[];
  /** `equal-length` cuts a batch to one length instead of padding it. */
  readonly batching: 'padded' | 'equal-length';
}

export interface EpochOptions extends PlanOptions {
  readonly seed: number;
  readonly fold: string;
  readonly epoch: number;
  readonly lengthGroup: number;
  readonly mix: 'none' | 'eam' | 'lam';
  readonly mixProbability: number;
  readonly snrDb: readonly [number, number];
  readonly minMixSeconds: number;
  /** Range of the playing speed, drawn uniformly; [1, 1] for none. */
  readonly speed: readonly [number, number];
  /** Class of each source: the epoch has every class equally often (see `drawBalanced`). Without it, every utterance once. */
  readonly balanced?: readonly number[];
}

/**
 * One epoch as data: as many utterances as there are, each exactly once unless classes are balanced, its crop and its
 * mixing partner, drawn from (seed, fold, epoch) and nothing else. Partners come from `sources` too, so a plan made from a
 * training fold never reaches outside it.
 */
export function planEpoch(sources: readonly Source[], options: EpochOptions): BatchPlan[] {
  const { seed, fold, epoch, balanced } = options;
  if (!balanced) return planDrawn(sources, [...sources.keys()], options);
  return planDrawn(sources, drawBalanced(balanced, seeded(seed, 'balance', fold, epoch)), options);
}

/** @param drawn places in `sources` of the utterances of the epoch */
function planDrawn(sources: readonly Source[], drawn: readonly number[], options: EpochOptions): BatchPlan[] {
  const random = seeded(options.seed, 'epoch', options.fold, options.epoch);
  const chosen = drawn.map((place) => sourceAt(sources, place));
  const order = shuffled([...chosen.keys()], random);
  const remainder = order.length % options.batchSize;
  const groups = [order.slice(0, remainder)];
  const window = options.batchSize * options.lengthGroup;
  const equal = options.batching === 'equal-length';
  // Batches are sorted by what they will be padded for. One of equal lengths is played at one speed, drawn below.
  const speeds = chosen.map(({ samples }) =>
    equal ? 1 : Math.max(drawSpeed(options.speed, random), Math.min(1, samples / options.maxSamples)),
  );
  const played = chosen.map(({ samples }, i) => playedSamples(Math.min(samples, options.maxSamples), speeds[i] ?? 1));
  const playedOf = (index: number): number => played[index] ?? 0;
  for (let i = remainder; i < order.length; i += window) {
    const sorted = order.slice(i, i + window).sort((a, b) => playedOf(a) - playedOf(b) || a - b);
    for (let j = 0; j < sorted.length; j += options.batchSize) groups.push(sorted.slice(j, j + options.batchSize));
  }
  const lengths = Float64Array.from(sources, (source) => source.samples);
  const batches = shuffled(
    groups.filter((group) => group.length > 0),
    random,
  );
  return batches.map((members) => {
    const longest = members.length === 1 || !equal ? options.maxSamples : equalLength(chosen, members);
    const common = equal ? drawSpeed(options.speed, random) : undefined;
    const planned = members.map((index) => {
      const clip = randomClip(chosen, index, Math.min(longest, options.maxSamples), random);
      const speed = common ?? speeds[index] ?? 1;
      const played = { ...clip, samples: playedSamples(clip.samples, speed) };
      const mix = planMix(
        sources,
        lengths,
        drawn[index] ?? 0,
        played,
        equal ? played.samples : longest,
        options,
        random,
      );
      return { ...clip, ...(speed === 1 ? {} : { speed }), ...(mix ? { mix } : {}) };
    });
    const needed = Math.max(...planned.map(plannedSamples));
    // The one smaller batch of an epoch always takes the longest bucket: one more compiled step instead of one a bucket.
    const bucket =
      members.length < options.batchSize ? options.buckets.at(-1) : options.buckets.find((b) => b >= needed);
    return { utterances: planned, samples: equal ? needed : Math.max(needed, bucket ?? 0) };
  });
}

/** Whole utterances, each exactly once, sorted by length so that padding is short. */
export function planEvaluation(sources: readonly Source[], options: PlanOptions): BatchPlan[] {
  const clips = sources.map(({ id, samples }) => ({ id, start: 0, samples: Math.min(samples, options.maxSamples) }));
  if (options.batching === 'equal-length') {
    const byLength = new Map<number, Clip[]>();
    for (const clip of clips) {
      const samples = floorToGrid(clip.samples);
      byLength.set(samples, [...(byLength.get(samples) ?? []), { ...clip, samples }]);
    }
    return [...byLength]
      .sort(([a], [b]) => a - b)
      .flatMap(([samples, members]) =>
        chunks(members, options.batchSize).map((utterances) => ({ samples, utterances })),
      );
  }
  clips.sort((a, b) => a.samples - b.samples || (a.id < b.id ? -1 : 1));
  return chunks(clips, options.batchSize).map((utterances) => {
    const needed = Math.max(...utterances.map((clip) => clip.samples));
    return { utterances, samples: options.buckets.find((bucket) => bucket >= needed) ?? needed };
  });
}

/**
 * `count` lengths that batches are padded to: quantiles of the clips' lengths, rounded up to 0.2 s. The last one holds
 * the longest clip.
 */
export function bucketLengths(samples: readonly number[], maxSamples: number, count: number): number[] {
  const sorted = samples.map((n) => Math.min(n, maxSamples)).sort((a, b) => a - b);
  const step = sampleRate / 5;
  const buckets = Array.from({ length: count }, (_, i) => {
    const quantile = sorted[Math.ceil(((i + 1) * sorted.length) / count) - 1] ?? step;
    return Math.min(Math.ceil(quantile / step) * step, Math.max(maxSamples, step));
  });
  return [...new Set(buckets)];
}

/** Samples of an utterance once mixed. */
function plannedSamples({ samples, speed = 1, mix }: PlannedUtterance): number {
  const played = playedSamples(samples, speed);
  return mix?.kind === 'lam' ? Math.max(played, mix.interferer.samples) : played;
}

/** Uniform in the range; nothing is drawn from a range of one. */
function drawSpeed([low, high]: readonly [number, number], random: Random): number {
  return low === high ? low : low + (high - low) * random();
}

function randomClip(sources: readonly Source[], index: number, longest: number, random: Random): Clip {
  const { id, samples } = sourceAt(sources, index);
  const kept = Math.min(samples, longest);
  return { id, start: randomInt(random, samples - kept + 1), samples: kept };
}

/** `lengths` are those of `sources`. The entry of the dominant utterance is changed while planning, and then restored. */
function planMix(
  sources: readonly Source[],
  lengths: Float64Array,
  dominant: number,
  clip: Clip,
  longest: number,
  options: EpochOptions,
  random: Random,
): PlannedMix | undefined {
  if (options.mix === 'none' || sources.length < 2) return undefined;
  if (options.mix === 'lam') {
    if (random() >= options.mixProbability) return undefined;
    const other = (dominant + 1 + randomInt(random, sources.length - 1)) % sources.length;
    return { kind: 'lam', interferer: randomClip(sources, other, longest, random) };
  }
  // The dominant counts with the length it has after cutting; for the others it is a whole utterance again.
  lengths[dominant] = clip.samples;
  const plan = planEnergyAdaptiveMix({
    dominant,
    lengths,
    random,
    probability: options.mixProbability,
    minMixSeconds: options.minMixSeconds,
    snrDb: options.snrDb,
    sampleRate,
  });
  lengths[dominant] = lengthOf(sources, dominant);
  return plan ? { kind: 'eam', interferer: sourceAt(sources, plan.interferer).id, plan } : undefined;
}

/** Length that all members of an equal-length batch are cut to. */
function equalLength(sources: readonly Source[], members: readonly number[]): number {
  return floorToGrid(Math.min(...members.map((index) => lengthOf(sources, index))));
}

/** Down to a multiple of 0.5 s, so that few lengths exist; what is shorter stays as it is. */
function floorToGrid(samples: number): number {
  const grid = sampleRate / 2;
  return samples < grid ? samples : Math.floor(samples / grid) * grid;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function sourceAt(sources: readonly Source[], index: number): Source {
  const source = sources[index];
  if (!source) throw new RangeError(`utterance ${index} of ${sources.length}`);
  return source;
}

function lengthOf(sources: readonly Source[], index: number): number {
  return sourceAt(sources, index).samples;
}
