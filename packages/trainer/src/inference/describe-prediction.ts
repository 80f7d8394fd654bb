import { attentionPeaks, type AttentionPeak, type Recognition, type WindowRecognition } from '@ser/recognize';

/** What a model says about a recording, as `ser predict` prints it. Times are seconds into the file. */
export interface Prediction {
  readonly file: string;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Where speech begins and ends. */
  readonly start: number;
  readonly end: number;
  /** Where the attention is highest, and its weight relative to an even spread. */
  readonly peaks: readonly AttentionPeak[];
  /** Of recordings longer than one window: what each window says on its own. */
  readonly timeline?: readonly Omit<WindowRecognition, 'attention'>[];
}

export function describePrediction(file: string, heard: Recognition, framesPerSecond: number): Prediction {
  const { label, probabilities, start, end, timeline } = heard;
  const peaks = attentionPeaks(heard, framesPerSecond).map(({ seconds, weight }) => ({
    seconds: rounded(seconds, 3),
    weight: rounded(weight, 2),
  }));
  const windows = timeline.map(({ start, end, label, probabilities }) => ({ start, end, label, probabilities }));
  return { file, label, probabilities, start, end, peaks, ...(windows.length > 1 ? { timeline: windows } : {}) };
}

const rounded = (x: number, digits: number): number => Number(x.toFixed(digits));
