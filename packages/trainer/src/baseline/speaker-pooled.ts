import { least } from '../model/standardize';
import type { Pooled } from './probe';

/** An utterance as a probe sees it, of a number of frames. */
export interface PooledFrames {
  readonly speaker: string;
  readonly frames: number;
  readonly pooled: Pooled;
}

/**
 * What means and deviations of utterances become when the frames of each speaker are brought to mean 0 and deviation 1
 * (see `speakerSignals`): with μ and σ over all frames of the speaker, (m − μ) / σ and s / σ.
 */
export function poolBySpeaker(utterances: ReadonlyMap<string, PooledFrames>): Map<string, Pooled> {
  const speakers = new Map<string, PooledFrames[]>();
  for (const one of utterances.values()) speakers.set(one.speaker, [...(speakers.get(one.speaker) ?? []), one]);
  const statistics = new Map([...speakers].map(([speaker, own]) => [speaker, layerStatistics(own)] as const));
  return new Map(
    [...utterances].map(([id, { speaker, pooled }]) => {
      const of = statistics.get(speaker) ?? [];
      return [id, pooled.map((vector, layer) => scaled(vector, of[layer]))] as const;
    }),
  );
}

interface Statistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Of all frames of utterances, layer by layer. */
function layerStatistics(utterances: readonly PooledFrames[]): Statistics[] {
  const total = utterances.reduce((sum, { frames }) => sum + frames, 0);
  return (utterances[0]?.pooled ?? []).map((first, layer) => {
    const dim = first.length / 2;
    const mean = new Float64Array(dim);
    const variance = new Float64Array(dim);
    const each = (use: (own: Float32Array, share: number) => void): void =>
      utterances.forEach(({ frames, pooled }) => pooled[layer] && use(pooled[layer], frames / total));
    each((own, share) => mean.forEach((_, d) => (mean[d] = (mean[d] ?? 0) + share * (own[d] ?? 0))));
    each((own, share) =>
      variance.forEach((v, d) => {
        variance[d] = v + share * ((own[dim + d] ?? 0) ** 2 + ((own[d] ?? 0) - (mean[d] ?? 0)) ** 2);
      }),
    );
    return { mean, deviation: variance.map((v) => Math.max(least, Math.sqrt(v))) };
  });
}

function scaled(vector: Float32Array, of: Statistics | undefined): Float32Array {
  const dim = vector.length / 2;
  return vector.map((value, i) => {
    const [mean, deviation] = [of?.mean[i % dim] ?? 0, of?.deviation[i % dim] ?? 1];
    return i < dim ? (value - mean) / deviation : value / deviation;
  });
}
