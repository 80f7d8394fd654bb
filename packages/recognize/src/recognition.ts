import type { ModelDescription } from './description';
import { InputError } from './input-error';
import type { ModelOutput } from './runtime';

/** What the model says about a recording. Times are seconds from its first sample. */
export interface Recognition {
  /** The label of the highest probability. */
  readonly label: string;
  /** By label; they sum to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Recordings that sound alike to the model lie close together: [features]. */
  readonly embedding: Float32Array;
  /** Where speech begins and ends: what is outside was cut before the model listened. */
  readonly start: number;
  readonly end: number;
  /** What each window says on its own: one for a short recording. */
  readonly timeline: readonly WindowRecognition[];
}

export interface WindowRecognition {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** One weight a frame, `framesPerSecond` of them a second from `start` on; they sum to 1. */
  readonly attention: Float32Array;
}

/**
 * Puts names and times to a model's numbers.
 * @param largest the largest sample of the recording, for messages
 * @throws {InputError} when there are none: too little speech, or samples that are no numbers
 */
export function readOutput(output: ModelOutput, description: ModelDescription, largest: () => number): Recognition {
  const { labels, sampleRate } = description;
  const classes = labels.length;
  const { probabilities, embedding, windowProbabilities, attention, windows } = output;
  const count = windows.length / 4;
  const entry = (window: number, column: number): number => Number(windows[4 * window + column] ?? 0n);
  const second = (window: number, column: 1 | 2): number => entry(window, column) / sampleRate;
  const [start, end] = [second(0, 1), second(count - 1, 2)];
  if (!probabilities.every(Number.isFinite)) {
    const least = (description.minSamples / sampleRate).toFixed(3);
    if ((end - start) * sampleRate < description.minSamples)
      throw new InputError(`${(end - start).toFixed(3)} s of sound, expected at least ${least} s`);
    throw new InputError(`the model gives no number for it; its largest sample is ${largest()}`);
  }
  const frames = attention.length / count;
  const timeline = Array.from({ length: count }, (_, i): WindowRecognition => {
    const own = windowProbabilities.subarray(i * classes, (i + 1) * classes);
    const weights = attention.subarray(i * frames, (i + 1) * frames);
    const [from, to] = [second(i, 1), second(i, 2)];
    return {
      start: from,
      end: to,
      label: best(labels, own),
      probabilities: byLabel(labels, own),
      attention: weights.slice(0, entry(i, 3)),
    };
  });
  return {
    label: best(labels, probabilities),
    probabilities: byLabel(labels, probabilities),
    embedding,
    start,
    end,
    timeline,
  };
}

const byLabel = (labels: readonly string[], values: Float32Array): Record<string, number> =>
  Object.fromEntries(labels.map((label, i) => [label, values[i] ?? NaN]));

/** The first of equals. */
const best = (labels: readonly string[], values: Float32Array): string =>
  labels[values.indexOf(Math.max(...values))] ?? '';
