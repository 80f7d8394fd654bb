import { resolve } from 'node:path';
import { InputError } from '@ser/files';
import {
  confusionMatrix,
  mcnemar,
  pairedDifferences,
  permutationTest,
  recalls,
  unweightedAccuracy,
  weightedAccuracy,
  type McNemar,
  type PairedDifference,
} from '../metrics';
import { seeded } from '../random';
import { readRun, type RunData } from '../record/read-run';
import type { PredictionLine } from '../record/run-files';
import { stampOf } from './stamps';

/** WA, UA and recalls of one run on the utterances that both runs have tested. */
export interface ComparedRun {
  readonly name: string;
  readonly wa: number;
  readonly ua: number;
  readonly recalls: readonly number[];
  /** Utterances that this run tested and the other did not. */
  readonly alone: number;
  /** A sentence that has to stand beside its numbers. */
  readonly stamp?: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** How run b differs from run a on the utterances that both have tested. Differences are b − a. */
export interface Comparison {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  readonly labels: readonly string[];
  readonly shared: number;
  readonly wa: PairedDifference;
  readonly ua: PairedDifference;
  readonly mcnemar: McNemar;
  /** p of the permutation test over speakers, and their number. */
  readonly permutation: number;
  readonly speakers: number;
}

/**
 * Compares finished folds of two runs, utterance by utterance.
 *
 * @throws InputError when they share no utterance, or differ in their classes or in the label of an utterance
 */
export async function compareRuns(
  dirA: string,
  dirB: string,
  options: { resamples?: number } = {},
): Promise<Comparison> {
  if (resolve(dirA) === resolve(dirB)) throw new InputError(`${dirA}: expected two different runs`);
  return compareData(await readRun(dirA), await readRun(dirB), options);
}

/** The same for runs that are already read. */
function compareData(a: RunData, b: RunData, options: { resamples?: number } = {}): Comparison {
  const { labels } = a;
  if ([...labels].sort().join('\n') !== [...b.labels].sort().join('\n')) {
    throw new InputError(`${a.name} has the classes ${labels.join(', ')}, ${b.name} has ${b.labels.join(', ')}`);
  }
  const ofA = testedLines(a);
  const ofB = testedLines(b);
  const pairs = [...ofA.values()].flatMap((line) => {
    const other = ofB.get(line.id);
    return other === undefined ? [] : [[line, other] as const];
  });
  if (pairs.length === 0) {
    throw new InputError(`${a.name} (${ofA.size} tested utterances) and ${b.name} (${ofB.size}) share no utterance`);
  }
  for (const [line, other] of pairs) {
    if (line.label !== other.label) {
      throw new InputError(`${line.id} is ${line.label} in ${a.name} and ${other.label} in ${b.name}`);
    }
  }
  const index = (label: string): number => labels.indexOf(label);
  const truth = pairs.map(([line]) => index(line.label));
  const predictedA = pairs.map(([line]) => index(line.predicted));
  const predictedB = pairs.map(([, line]) => index(line.predicted));
  const classes = labels.length;
  const clusters = pairs.map(([line]) => line.speaker);
  const random = seeded('comparison');
  const { wa, ua } = pairedDifferences(truth, [predictedA], [predictedB], classes, { random, clusters, ...options });
  const gains = truth.map((label, i) => Number(predictedB[i] === label) - Number(predictedA[i] === label));
  const compared = (run: RunData, predicted: readonly number[], all: number): ComparedRun => {
    const confusion = confusionMatrix(truth, predicted, classes);
    const stamp = stampOf(run.folds.flatMap(({ file }) => file ?? []));
    return {
      name: run.name,
      wa: weightedAccuracy(confusion),
      ua: unweightedAccuracy(confusion),
      recalls: recalls(confusion),
      alone: all - pairs.length,
      ...(stamp === undefined ? {} : { stamp }),
      config: run.config,
    };
  };
  return {
    a: compared(a, predictedA, ofA.size),
    b: compared(b, predictedB, ofB.size),
    labels,
    shared: pairs.length,
    wa,
    ua,
    mcnemar: mcnemar(truth, predictedA, predictedB),
    permutation: permutationTest(clusters, gains, seeded('permutation')),
    speakers: new Set(clusters).size,
  };
}

/** Predictions of finished folds by utterance. */
export function testedLines(run: RunData): Map<string, PredictionLine> {
  const finished = run.folds.filter((fold) => fold.file !== undefined);
  return new Map(finished.flatMap((fold) => fold.predictions).map((line) => [line.id, line]));
}
