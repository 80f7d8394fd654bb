import type { Utterance } from '@ser/datasets';
import { readWaveform } from '@ser/datasets';
import { InputError, isInputError, messageOf } from '@ser/files';
import { createLoader } from '../data/loader';
import { loadWaves, storedWave, type StoredWave } from '../data/waves';
import { openRecognizer, type InferenceEngine } from '../inference/open-recognizer';
import { openModel } from '../inference/trained-model';
import { disposeModel } from '../model/model';
import { createClosing } from '../run/closing';
import { compileInference, judgeBatches } from '../run/evaluate';
import { evaluationPlan } from '../run/plans';
import type { Progress } from '../run/progress';
import { openSignals } from '../run/signal';
import { speakerSignals } from '../run/speaker-signals';
import { openEngine } from '../training/engine';
import type { Member } from './subject';

/** What a model says of one utterance. */
export interface Judged {
  readonly id: string;
  /** [labels]. */
  readonly probabilities: readonly number[];
}

export interface JudgeJob {
  readonly labels: readonly string[];
  readonly utterances: readonly Utterance[];
  /** Of utterances that were judged before. */
  readonly isDone: (id: string) => boolean;
  readonly engine: InferenceEngine;
  readonly threads: number;
  /** Folder of the pre-trained encoder, if it has moved. */
  readonly weights?: string | undefined;
  /** Waveforms that the member before has loaded. */
  readonly waves: WaveStore;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Waveforms by how they were trimmed. */
export type WaveStore = Map<string, Map<string, StoredWave>>;

/**
 * Asks a model about the utterances that are not done, part by part; a part is what one batch gives. The parts are the same
 * whatever is done already, so that the numbers are, too.
 *
 * @throws {InputError} when the model or a recording cannot be used
 */
export function judgeMember({ file, card }: Member, job: JudgeJob): AsyncGenerator<Judged[], void, undefined> {
  return card ? judgeTrained(file, job) : judgeExported(file, job);
}

/** As `ser cv` tests it: whole utterances up to `maxSeconds`; features of a frozen encoder come from the cache. */
async function* judgeTrained(file: string, job: JudgeJob): AsyncGenerator<Judged[], void, undefined> {
  const { utterances, labels, progress } = job;
  const closing = createClosing();
  try {
    const { model, config: trained } = await openModel(file, job.weights);
    closing.add(() => disposeModel(model));
    // What makes frames new in training does not happen here.
    const still = { specAugment: false, layerDrop: 0, speed: [1, 1] } as const;
    const config = { ...trained, ...still, threads: job.threads };
    const { encoder } = model;
    const engine = await openEngine(job.engine, job.threads);
    const waves = await wavesFor(job, config, encoder.minSamples);
    const loader = createLoader({
      waves,
      labels: new Map(utterances.map(({ id, label }) => [id, labels.indexOf(label)])),
      classes: labels.length,
    });
    closing.add(() => loader.close());
    const sources = utterances.map(({ id }) => storedWave(waves, id));
    const frames = await openSignals(config, engine, encoder, sources, progress.line);
    closing.add(() => frames.dispose());
    const planned = { batching: frames.batching, maxSamples: encoder.maxSamples };
    const plan = evaluationPlan(config, sources, planned);
    const signals = config.speakerNormalize ? await speakerSignals(frames, loader.batches(plan), utterances) : frames;
    const inference = compileInference(engine, model);
    closing.add(() => inference.dispose());
    const plans = plan.filter((batch) => !batch.utterances.every(({ id }) => job.isDone(id)));
    yield* judgeBatches(inference, loader, plans, {
      rows: signals.batching === 'padded' ? config.batchSize : 0,
      read: signals.read,
      frameCount: (samples) => encoder.frameCount(samples),
      signal: job.signal,
    });
  } finally {
    await closing.close();
  }
}

async function wavesFor(
  { utterances, waves, progress }: JudgeJob,
  { trim, trimDb }: { readonly trim: 'none' | 'silence'; readonly trimDb: number },
  minSamples: number,
): Promise<Map<string, StoredWave>> {
  const key = JSON.stringify([trim, trimDb, minSamples]);
  const known = waves.get(key);
  if (known) return known;
  const loaded = await loadWaves(utterances, {
    trim,
    trimDb,
    minSamples,
    onProgress: (done, total) => progress.count('audio files', done, total),
  });
  waves.set(key, loaded);
  return loaded;
}

/** As `ser predict` uses it: whole recordings, long ones in windows. */
async function* judgeExported(file: string, job: JudgeJob): AsyncGenerator<Judged[], void, undefined> {
  const recognizer = await openRecognizer(file, { engine: job.engine });
  try {
    for (const { id, audio, start, end } of job.utterances) {
      if (job.isDone(id)) continue;
      job.signal?.throwIfAborted();
      try {
        const { probabilities } = await recognizer.recognize(await readWaveform(audio, { start, end }));
        yield [{ id, probabilities: job.labels.map((label) => probabilities[label] ?? NaN) }];
      } catch (error) {
        if (!isInputError(error)) throw error;
        throw new InputError(`${id}: ${messageOf(error)}`);
      }
      await new Promise(setImmediate); // lets Ctrl-C in
    }
  } finally {
    await recognizer.close();
  }
}
