import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkAudio, leaveOutShort, matchLabels, openCorpus, type Utterance } from '@ser/datasets';
import { InputError, takeLease, writeFileWhole } from '@ser/files';
import type { InferenceEngine } from '../inference/open-recognizer';
import { argmax, confusionMatrix, unweightedAccuracy, weightedAccuracy } from '../metrics';
import { percent } from '../percent';
import { writePredictions } from '../record/artifacts';
import { hashOf, type Fingerprint } from '../record/fingerprint';
import { finishedFold, foldFolder } from '../record/fold-result';
import { storedRun } from '../record/run-config';
import type { FoldResult } from '../record/run-files';
import { workingCommit } from '../run/commit';
import { audioHashes, dataHashes, type AudioHashes } from '../run/fingerprint';
import { classCounts, speakersOf } from '../run/finish-fold';
import { leaseFile } from '../run/lease-file';
import { machineOf } from '../run/machine';
import type { Progress } from '../run/progress';
import { versions } from '../run/versions';
import { judgeMember, type WaveStore } from './judge-member';
import { openJudgedFile } from './judged-file';
import { unseenBy, type SeenRule } from './seen';
import { readSubject, type Subject } from './subject';

export interface EvaluationOptions {
  readonly dataDir?: string | undefined;
  readonly allowIncomplete: boolean;
  /** Only utterances with these values of columns, such as `gender=female`. */
  readonly where?: string | undefined;
  /** Labels of the corpus that are taken for labels of the model. */
  readonly labelsMap: Readonly<Record<string, string>>;
  readonly seen: SeenRule;
  /** Folder of the pre-trained encoder, if it has moved. */
  readonly weights?: string | undefined;
  readonly engine: InferenceEngine;
  readonly threads: number;
  /** Folder of run folders, and the name of this one; made from model and corpus by default. */
  readonly runs: string;
  readonly name?: string | undefined;
  /** For the report. */
  readonly command: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Tests a trained model on a corpus, without training. The result is a run folder with one fold, as `ser cv` writes it.
 * Stopped, the same call goes on where it was, and ends with the same numbers.
 *
 * @throws {InputError} when model or corpus cannot be used, fewer than two labels are shared, the model was trained on what
 *   it is to be tested on, or the folder holds another result
 */
export async function evaluateModel(
  path: string,
  cardName: string,
  options: EvaluationOptions,
): Promise<{ dir: string; result: FoldResult }> {
  const { progress } = options;
  const subject = await readSubject(path);
  const whole = await openCorpus(cardName, options.dataDir, {
    allowIncomplete: options.allowIncomplete,
    where: options.where,
  });
  const opened = options.allowIncomplete ? await leaveOutShort(whole, subject.shortest) : whole;
  const model = { name: 'the model', labels: subject.labels };
  const { corpus, absent } = matchLabels(opened, model, { map: options.labelsMap });
  await checkAudio(corpus);
  const audio = await audioHashes(corpus.utterances);
  const { name } = corpus.card;
  const trained = subject.members.map((member) => member.trained);
  const { utterances, notes } = unseenBy(trained, name, corpus.utterances, audio, options.seen);

  const dir = join(options.runs, options.name ?? runNameOf(subject, name));
  const about = { subject, corpus: name, utterances, absent, notes: [...corpus.notes, ...notes] };
  const test: Test = { ...about, fingerprint: fingerprintOf(about, audio) };
  await refuseOtherResult(dir, hashOf(test.fingerprint));
  const fold = foldFolder(dir, 1);
  const lease = await takeLease(join(fold, leaseFile), {
    purpose: 'tests this model',
    onWait: progress.line,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    const done = await finishedFold(fold);
    test.notes.forEach(progress.line);
    if (done) return { dir, result: done };
    await writeConfig(dir, test, options, []);
    const probabilities = await answers(fold, test, options);
    lease.check();
    return { dir, result: await writeResult(dir, test, options, probabilities) };
  } finally {
    lease.release();
  }
}

/** A model and what it is tested on. */
interface Test {
  readonly subject: Subject;
  readonly corpus: string;
  readonly utterances: readonly Utterance[];
  /** Labels of the model that no utterance has. */
  readonly absent: readonly string[];
  readonly notes: readonly string[];
  readonly fingerprint: Fingerprint;
}

const runNameOf = ({ name }: Subject, corpus: string): string =>
  `${name}-on-${corpus}`.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');

/** What a result is computed from, in the form of a run; the model is in the place of the weights. */
function fingerprintOf({ subject, utterances }: Omit<Test, 'fingerprint'>, audio: AudioHashes): Fingerprint {
  return {
    labels: subject.labels,
    utterances: hashOf(utterances.map(({ id }) => id)),
    ...dataHashes(utterances, audio),
    weights: subject.sha256,
    settings: {},
  };
}

async function refuseOtherResult(dir: string, identity: string): Promise<void> {
  const stored = await storedRun(dir);
  if (stored === undefined || stored['evaluation'] === identity) return;
  throw new InputError(
    `${dir} holds another run, or a test of another model or of other data. It stays as it is: choose another --name, or remove it`,
  );
}

async function writeConfig(
  dir: string,
  { subject, corpus, notes, fingerprint }: Test,
  { command, engine }: EvaluationOptions,
  more: readonly string[],
): Promise<void> {
  const [{ card } = {}] = subject.members;
  const { encoder, layer, tune, pool, mix, losses } = card?.config ?? {};
  const config = {
    corpus,
    model: subject.members.map(({ file }) => file),
    ...{ encoder, layer, tune, pool, mix, losses },
    engine,
    labels: subject.labels,
    folds: [1],
    foldCount: 1,
    command,
    evaluation: hashOf(fingerprint),
    fingerprint,
    notes: [...notes, ...more],
  };
  await writeFileWhole(join(dir, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** The mean of what the members say of each utterance, [utterances][labels]. */
async function answers(
  fold: string,
  { subject, utterances }: Test,
  { engine, threads, weights, progress, signal }: EvaluationOptions,
): Promise<number[][]> {
  const { labels, members } = subject;
  const sums = utterances.map(() => labels.map(() => 0));
  const waves: WaveStore = new Map();
  for (const [i, member] of members.entries()) {
    const judged = await openJudgedFile(judgedPath(fold, i), labels.length);
    const title = members.length > 1 ? `model ${i + 1} of ${members.length}` : 'utterances';
    const isDone = (id: string): boolean => judged.all.has(id);
    if (!utterances.every(({ id }) => isDone(id))) {
      const job = { labels, utterances, isDone, engine, threads, weights, waves, progress, signal };
      for await (const part of judgeMember(member, job)) {
        judged.add(part);
        progress.count(title, judged.all.size, utterances.length);
        signal?.throwIfAborted();
      }
    }
    for (const [row, { id }] of utterances.entries()) {
      const said = judged.all.get(id);
      if (!said) throw new Error(`the model was not asked about "${id}"`);
      sums[row] = (sums[row] ?? []).map((sum, c) => sum + (said[c] ?? NaN) / members.length);
    }
  }
  return sums;
}

const judgedPath = (fold: string, member: number): string => join(fold, `judged-${member + 1}.jsonl`);

async function writeResult(
  dir: string,
  test: Test,
  options: EvaluationOptions,
  probabilities: readonly (readonly number[])[],
): Promise<FoldResult> {
  const { subject, corpus, utterances, absent } = test;
  const { labels, members } = subject;
  const fold = foldFolder(dir, 1);
  const truth = utterances.map(({ label }) => labels.indexOf(label));
  const scores = (among: readonly string[]): { wa: number; ua: number } => {
    const places = among.map((label) => labels.indexOf(label));
    const predicted = probabilities.map((row) => places[argmax(places.map((place) => row[place] ?? 0))] ?? -1);
    const confusion = confusionMatrix(truth, predicted, labels.length);
    return { wa: weightedAccuracy(confusion), ua: unweightedAccuracy(confusion) };
  };
  const judgements = utterances.map(({ id }, i) => ({ id, probabilities: [...(probabilities[i] ?? [])] }));
  await writePredictions({ fold: { index: 1, test: utterances }, labels, dir: fold }, judgements);
  const [first] = members;
  const commit = await workingCommit();
  const temperature = members.length === 1 ? first?.card?.temperature : undefined;
  const result: FoldResult = {
    fold: 1,
    name: corpus,
    testGroups: speakersOf(utterances),
    trainGroups: [...new Set(members.flatMap(({ trained }) => trained.heard?.speakers ?? []))].sort(),
    validationGroups: [],
    trainUtterances: first?.trained.utterances ?? 0,
    testUtterances: utterances.length,
    trainClasses: { ...first?.trained.classes },
    testClasses: classCounts(utterances, labels),
    labels,
    seconds: 0,
    ...scores(labels),
    epoch: 0,
    ...(members.some(({ card }) => card?.config.speakerNormalize) ? { speakerNormalized: true } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    engine: options.engine,
    versions: versions(options.engine),
    machine: await machineOf(options.engine),
    ...(commit ? { commit } : {}),
    fingerprint: test.fingerprint,
  };
  if (absent.length > 0) {
    const { wa, ua } = scores(labels.filter((label) => !absent.includes(label)));
    const note = `With only the labels of the corpus to choose from, the model has WA ${percent(wa)} % and UA ${percent(ua)} %.`;
    options.progress.line(note);
    await writeConfig(dir, test, options, [note]);
  }
  await writeFileWhole(join(fold, 'fold.json'), `${JSON.stringify(result, null, 2)}\n`);
  for (const [i] of members.entries()) rmSync(judgedPath(fold, i), { force: true });
  return result;
}
