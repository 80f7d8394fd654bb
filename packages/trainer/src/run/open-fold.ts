import { join } from 'node:path';
import type { Utterance } from '@ser/datasets';
import type { Encoder } from '@ser/frontend-wavlm';
import type * as tf from '@tensorflow/tfjs';
import { createLoader, type BatchLoader } from '../data/loader';
import type { BatchPlan, Source } from '../data/plan';
import { storedWave } from '../data/waves';
import { createModel, disposeModel, openEncoders, type Model } from '../model/model';
import { seeded } from '../random';
import { foldTitle } from '../record/fold-result';
import { absolutePaths } from '../record/run-config';
import { heardOf, type Heard } from '../record/heard';
import { learned, untouchedHash, type ModelCardData } from '../record/model-file';
import { balancedWeights } from '../training/class-weights';
import type { Runnable } from '../training/engine';
import {
  createOptimizerState,
  trainStep,
  type OptimizerState,
  type StepInput,
  type StepOutput,
} from '../training/step';
import { createClosing } from './closing';
import { compileInference, judge, type Judgement } from './evaluate';
import type { AudioHashes } from './fingerprint';
import type { FoldJob } from './fold';
import { evaluationPlan, trainingPlans } from './plans';
import { hasRoom } from './room';
import { stepsOfRun } from './runs';
import { openSignals, type SignalSource } from './signal';
import { speakerSignals } from './speaker-signals';

/** A fold with its model, its step and its batches ready. */
export interface OpenFold {
  readonly job: FoldJob;
  /** The training side without the inner validation. */
  readonly train: readonly Utterance[];
  /** Class index of an utterance. */
  readonly labelOf: (id: string) => number;
  /** [classes] Weights of the classes in the losses, where the settings ask for them. */
  readonly classWeights: readonly number[] | undefined;
  readonly encoder: Encoder;
  readonly model: Model;
  readonly state: OptimizerState;
  /** All that a checkpoint holds: what is learnt, and the optimiser's state. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly step: Runnable<StepInput, StepOutput>;
  readonly loader: BatchLoader;
  readonly signals: SignalSource;
  /** Most steps in one call of the engine. */
  readonly stepsPerRun: number;
  /** Batches of an epoch, from 1. */
  readonly planOf: (epoch: number) => BatchPlan[];
  /** What the model, as it is now, says about utterances. */
  readonly evaluate: (utterances: readonly Utterance[]) => Promise<Judgement[]>;
  /** What a model file says about itself. */
  readonly card: ModelCardData;
  readonly path: (file: string) => string;
  close(): Promise<void>;
}

/** Makes everything that training and testing a fold need. What is open is closed again when a part of it fails. */
export async function openFold(job: FoldJob): Promise<OpenFold> {
  const { config, labels, fold, engine, progress } = job;
  const closing = createClosing();
  try {
    const held = new Set(job.validation.map(({ id }) => id));
    const train = fold.train.filter(({ id }) => !held.has(id));
    const all = [...fold.train, ...job.validation, ...fold.test];
    const classOf = new Map(all.map(({ id, label }) => [id, labels.indexOf(label)]));
    const distributions = new Map(all.flatMap(({ id, distribution }) => (distribution ? [[id, distribution]] : [])));
    const labelOf = (id: string): number => classOf.get(id) ?? -1;
    const oneHot = (id: string): number[] => labels.map((_, c) => (c === labelOf(id) ? 1 : 0));
    const waves = new Map([...classOf.keys()].map((id) => [id, storedWave(job.waves, id)]));
    const sourcesOf = (list: readonly Utterance[]): Source[] => list.map(({ id }) => storedWave(waves, id));

    const encoders = await openEncoders(config, job.createEncoder);
    const { encoder } = encoders;
    const model = createModel(config, encoders, labels.length, seeded(config.seed, 'model', fold.name));
    closing.add(() => disposeModel(model));
    const state = createOptimizerState(model, config.emaDecay > 0);
    closing.add(() => state.forEach((variable) => variable.dispose()));
    const settings = { ...config, scoreBytes: engine.scoreBytes };
    const step = engine.compile((input: StepInput) => trainStep(model, state, settings, input), config.precision);
    closing.add(() => step.dispose());

    const pretrained = config.encoder !== 'logmel';
    const card = {
      config: absolutePaths(config),
      labels,
      ...(pretrained ? { untouched: await untouchedHash(model) } : {}),
      ...(job.audio ? { heard: heardBy([...train, ...job.validation], job.audio) } : {}),
    };
    const loader = createLoader({ waves, labels: classOf, distributions, classes: labels.length });
    closing.add(() => loader.close());
    const note = (line: string): void => progress.line(`${foldTitle(fold.index)}  ${line}`);
    const frames = await openSignals(config, engine, encoder, [...waves.values()], note, job.mixed);
    closing.add(() => frames.dispose());
    const planned = { batching: frames.batching, maxSamples: encoder.maxSamples };
    const whole = evaluationPlan(config, [...waves.values()], planned);
    const signals = config.speakerNormalize ? await speakerSignals(frames, loader.batches(whole), all) : frames;
    const stepsPerRun = stepsOfRun(config, engine, signals.batchBytes);

    const inference = compileInference(engine, model);
    closing.add(() => inference.dispose());
    const evaluate = async (list: readonly Utterance[]): Promise<Judgement[]> => {
      const judgements = await judge(inference, loader, evaluationPlan(config, sourcesOf(list), planned), {
        rows: signals.batching === 'padded' ? config.batchSize : 0,
        together: stepsOfRun({ ...config, crop: config.maxSeconds }, engine, signals.batchBytes),
        read: signals.read,
        frameCount: (samples) => encoder.frameCount(samples),
        signal: job.signal,
      });
      await inference.sync(); // the card need not hold the weights twice during training
      // Frees what was compiled; the next evaluation compiles it again.
      if (!(await hasRoom(engine))) await inference.dispose();
      return judgements;
    };
    return {
      job,
      train,
      labelOf,
      classWeights:
        config.classWeights === 'balanced'
          ? balancedWeights(
              train.map(({ id, distribution }) => distribution ?? oneHot(id)),
              labels.length,
            )
          : undefined,
      encoder,
      model,
      state,
      variables: new Map([...learned(model), ...state]),
      step,
      loader,
      signals,
      stepsPerRun,
      planOf: trainingPlans(config, fold.name, sourcesOf(train), planned, {
        stepsPerRun,
        classes: train.map(({ id }) => labelOf(id)),
      }),
      evaluate,
      card,
      path: (file) => join(job.dir, file),
      close: closing.close,
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

function heardBy(utterances: readonly Utterance[], audio: AudioHashes): Heard {
  const hashes = utterances.flatMap((utterance) => audio.get(utterance.audio) ?? []);
  return heardOf(
    hashes,
    utterances.map(({ speaker }) => speaker),
  );
}
