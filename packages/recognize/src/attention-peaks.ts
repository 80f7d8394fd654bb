import type { Recognition } from './recognition';

/** A moment to which the model listened. */
export interface AttentionPeak {
  /** Seconds from the beginning of the recording. */
  readonly seconds: number;
  /** Its weight relative to an even spread over the window's frames. */
  readonly weight: number;
}

/** The highest local maxima of the attention over all windows, highest first. */
export function attentionPeaks(
  { timeline }: Pick<Recognition, 'timeline'>,
  framesPerSecond: number,
  count = 3,
): AttentionPeak[] {
  return timeline
    .flatMap(({ start, attention }) => {
      const at = (frame: number): number => attention[frame] ?? -Infinity;
      return [...attention.keys()]
        .filter((frame) => at(frame) > at(frame - 1) && at(frame) >= at(frame + 1))
        .map((frame) => ({
          seconds: start + (frame + 0.5) / framesPerSecond,
          weight: at(frame) * attention.length,
        }));
    })
    .sort((a, b) => b.weight - a.weight)
    .slice(0, count);
}
