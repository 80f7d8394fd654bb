import { joinStatistics, scaleOf, type FrameStatistics, type Scale } from '../model/standardize';
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
  const scales = new Map([...speakers].map(([speaker, own]) => [speaker, layerScales(own)] as const));
  return new Map(
    [...utterances].map(([id, { speaker, pooled }]) => {
      const of = scales.get(speaker) ?? [];
      return [id, pooled.map((vector, layer) => scaled(vector, of[layer]))] as const;
    }),
  );
}

/** Of all frames of utterances, layer by layer. */
function layerScales(utterances: readonly PooledFrames[]): Scale[] {
  return (utterances[0]?.pooled ?? []).map((_, layer) => {
    const each = utterances.map(({ frames, pooled }) => frameStatistics(frames, pooled[layer]));
    return scaleOf(each.reduce(joinStatistics));
  });
}

/** What a mean and a deviation over so many frames say of them. */
function frameStatistics(count: number, vector: Float32Array = new Float32Array()): FrameStatistics {
  const values = Float64Array.from(vector);
  const dim = values.length / 2;
  return {
    count,
    mean: values.subarray(0, dim),
    squares: values.subarray(dim).map((deviation) => count * deviation ** 2),
  };
}

function scaled(vector: Float32Array, of: Scale | undefined): Float32Array {
  const dim = vector.length / 2;
  return vector.map((value, i) => {
    const [mean, deviation] = [of?.mean[i % dim] ?? 0, of?.deviation[i % dim] ?? 1];
    return i < dim ? (value - mean) / deviation : value / deviation;
  });
}
