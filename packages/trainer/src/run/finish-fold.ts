import { existsSync } from 'node:fs';
import { isUnknownSpeaker, type Utterance } from '@ser/datasets';
import { writeFileWhole } from '@ser/files';
import { embeddingsAfter, writeAttention, writePredictions } from '../record/artifacts';
import { loadModel, saveModel } from '../record/model-file';
import type { Position } from '../record/position';
import type { FoldResult } from '../record/run-files';
import { fitTemperature } from '../metrics';
import { swapAverage } from './averaging';
import { accuracies, type Judgement } from './evaluate';
import type { OpenFold } from './open-fold';
import { workingCommit } from './commit';
import { machineOf } from './machine';
import { versions } from './versions';

/** The model of the best epoch so far, with `--select=best`. */
export const bestModel = 'best.safetensors';

/** Keeps the model of the last epoch or of the best one, averaged if asked for, and says how well it does on the test side. */
export async function finishFold(fold: OpenFold, position: Position): Promise<FoldResult> {
  const { job, train, model, state, labelOf, evaluate } = fold;
  const { config, labels, fold: split, validation, engine, lease } = job;
  swapAverage(model, state);
  if (config.select === 'best' && existsSync(fold.path(bestModel))) await loadModel(fold.path(bestModel), model);
  const judgements = await evaluate(split.test);
  const validated = validation.length === 0 ? undefined : await evaluate(validation);
  const temperature = fitTemperature(
    (validated ?? []).map(({ probabilities }) => probabilities),
    (validated ?? []).map(({ id }) => labelOf(id)),
  );
  const calibrated = temperature === undefined ? {} : { temperature };

  lease?.check();
  await saveModel(fold.path('model.safetensors'), model, { ...fold.card, ...calibrated }, job.fingerprint);
  await writePredictions(job, judgements);
  await embeddingsAfter(job, train, judgements, evaluate);
  await writeAttention(job, judgements, labelOf, fold.encoder);
  const commit = await workingCommit();
  const unknown = split.test.filter(({ speaker }) => isUnknownSpeaker(speaker)).length;
  const result: FoldResult = {
    fold: split.index,
    name: split.name,
    testGroups: split.testGroups,
    trainGroups: speakersOf(train),
    validationGroups: speakersOf(validation),
    trainUtterances: train.length,
    testUtterances: split.test.length,
    trainClasses: classCounts(train, labels),
    testClasses: classCounts(split.test, labels),
    labels,
    seconds: Math.round(position.seconds * 10) / 10,
    ...accuracies(judgements, labelOf, labels.length),
    ...testSetScores(fold, judgements),
    ...(split.sharedSpeakers?.length ? { sharedSpeakers: split.sharedSpeakers } : {}),
    ...(unknown > 0 ? { unknownSpeakers: unknown } : {}),
    ...(config.speakerNormalize ? { speakerNormalized: true } : {}),
    ...(validated ? { validation: accuracies(validated, labelOf, labels.length) } : {}),
    epoch: config.select === 'best' ? (position.best?.epoch ?? config.epochs) : config.epochs,
    ...calibrated,
    engine: engine.name,
    versions: versions(engine.name),
    machine: await machineOf(engine.name),
    ...(commit ? { commit } : {}),
    fingerprint: job.fingerprint,
  };
  lease?.check();
  await writeFileWhole(fold.path('fold.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** Test1 and Test2 are two results. Their mean is not reported. */
function testSetScores({ job, labelOf }: OpenFold, judgements: readonly Judgement[]): Pick<FoldResult, 'testSets'> {
  const { fold: split, labels } = job;
  if (!split.testSets?.length) return {};
  const scores = split.testSets.map(({ name, utterances }) => {
    const ids = new Set(utterances.map(({ id }) => id));
    const part = judgements.filter(({ id }) => ids.has(id));
    return [name, accuracies(part, labelOf, labels.length)] as const;
  });
  return { testSets: Object.fromEntries(scores) };
}

/** The speakers of utterances, sorted. */
export function speakersOf(utterances: readonly Utterance[]): string[] {
  return [...new Set(utterances.map(({ speaker }) => speaker))].sort();
}

/** Utterances of each class. */
export function classCounts(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(labels.map((label) => [label, utterances.filter((u) => u.label === label).length]));
}
