import {
  confusionMatrix,
  pairedDifferences,
  permutationTest,
  unweightedAccuracy,
  weightedAccuracy,
  type PairedDifference,
} from '../metrics';
import { seeded } from '../random';
import type { FoldData } from '../record/read-run';

/** What the method has to beat, over the same test utterances. */
export interface Baselines {
  /** The class that is most frequent in the training side of each fold, said of every utterance. */
  readonly majority: { readonly wa: number; readonly ua: number };
  /** One over the number of classes. */
  readonly chance: number;
  /** The linear probe of the same pre-trained encoder; undefined unless every finished fold has one. */
  readonly probe?: ProbeComparison;
}

export interface ProbeComparison {
  readonly wa: number;
  readonly ua: number;
  /** Method minus probe, paired, with intervals over speakers. */
  readonly waDifference: PairedDifference;
  readonly uaDifference: PairedDifference;
  /** p of the permutation test over speakers. */
  readonly permutation: number;
  /** Whether the interval of the difference in UA lies above 0. */
  readonly isBeaten: boolean;
}

/** Computes the baselines from the finished folds of a run. */
export function baselinesOf(done: readonly FoldData[], labels: readonly string[], resamples: number): Baselines {
  const index = (label: string): number => labels.indexOf(label);
  const lines = done.flatMap(({ predictions }) => predictions);
  const truth = lines.map(({ label }) => index(label));
  const scores = (predicted: readonly number[]): { wa: number; ua: number } => {
    const confusion = confusionMatrix(truth, predicted, labels.length);
    return { wa: weightedAccuracy(confusion), ua: unweightedAccuracy(confusion) };
  };
  const majority = scores(
    done.flatMap(({ file, predictions }) => {
      const counts = labels.map((label) => file?.trainClasses?.[label] ?? 0);
      return predictions.map(() => counts.indexOf(Math.max(...counts)));
    }),
  );
  const baselines = { majority, chance: 1 / labels.length };
  const probed = new Map(done.flatMap(({ probe }) => probe).map((line) => [line.id, line]));
  if (lines.length === 0 || !lines.every(({ id, label }) => probed.get(id)?.label === label)) return baselines;

  const ours = lines.map(({ predicted }) => index(predicted));
  const theirs = lines.map(({ id }) => index(probed.get(id)?.predicted ?? ''));
  const clusters = lines.map(({ speaker }) => speaker);
  const options = { random: seeded('probe'), resamples, clusters };
  const { wa, ua } = pairedDifferences(truth, [theirs], [ours], labels.length, options);
  const gains = truth.map((label, i) => Number(ours[i] === label) - Number(theirs[i] === label));
  const probe = {
    ...scores(theirs),
    waDifference: wa,
    uaDifference: ua,
    permutation: permutationTest(clusters, gains, seeded('probe permutation')),
    isBeaten: ua.interval.low > 0,
  };
  return { ...baselines, probe };
}
