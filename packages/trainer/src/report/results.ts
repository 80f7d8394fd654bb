import {
  accuracyIntervals,
  classScores,
  confusionMatrix,
  macroF1,
  recalls,
  unweightedAccuracy,
  weightedAccuracy,
  type AccuracyIntervals,
  type ClassScores,
} from '../metrics';
import { seeded } from '../random';
import type { PredictionLine } from '../record/run-files';

/** How right a list of predictions is; accuracies are shares in [0, 1]. */
export interface Accuracy {
  readonly utterances: number;
  readonly speakers: number;
  readonly wa: number;
  readonly ua: number;
  /** Bootstrap 95 % over speakers: what other speakers might give. */
  readonly intervals: AccuracyIntervals;
}

/** The same, and how it is over the classes. */
export interface Results extends Accuracy {
  readonly macroF1: number;
  /** As `intervals`, over utterances: what other utterances of these speakers might give. Too narrow for anything else. */
  readonly utteranceIntervals: AccuracyIntervals;
  readonly classes: readonly ClassScores[];
  readonly confusion: readonly (readonly number[])[];
  readonly recalls: readonly number[];
}

/** Accuracies of predictions, with intervals over speakers. */
export function accuracyOf(lines: readonly PredictionLine[], labels: readonly string[], resamples: number): Accuracy {
  const { truth, predicted, confusion } = counted(lines, labels);
  const clusters = lines.map(({ speaker }) => speaker);
  return {
    utterances: lines.length,
    speakers: new Set(clusters).size,
    wa: weightedAccuracy(confusion),
    ua: unweightedAccuracy(confusion),
    intervals: accuracyIntervals(truth, predicted, labels.length, {
      random: seeded('report intervals over speakers'),
      resamples,
      clusters,
    }),
  };
}

/** Accuracies, intervals and class scores of predictions. */
export function resultsOf(lines: readonly PredictionLine[], labels: readonly string[], resamples: number): Results {
  const { truth, predicted, confusion } = counted(lines, labels);
  return {
    ...accuracyOf(lines, labels, resamples),
    macroF1: macroF1(confusion),
    utteranceIntervals: accuracyIntervals(truth, predicted, labels.length, {
      random: seeded('report intervals'),
      resamples,
    }),
    classes: classScores(confusion),
    confusion,
    recalls: recalls(confusion),
  };
}

function counted(
  lines: readonly PredictionLine[],
  labels: readonly string[],
): { truth: number[]; predicted: number[]; confusion: number[][] } {
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  const truth = lines.map(({ label }) => indexOf.get(label) ?? -1);
  const predicted = lines.map((line) => indexOf.get(line.predicted) ?? -1);
  return { truth, predicted, confusion: confusionMatrix(truth, predicted, labels.length) };
}
