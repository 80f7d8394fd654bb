import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fold, Utterance } from '@ser/datasets';
import { drawTrainingNoise, type Encoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import { biasCorrections } from '../adam';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { createLoader } from '../data/loader';
import { bucketLengths, planEpoch, planEvaluation, sampleRate, type Source } from '../data/plan';
import { playedSamples } from '../data/speed';
import { storedWave, type StoredWave } from '../data/waves';
import type { Engine } from '../engine';
import { InputError } from '../errors';
import { autoWeights, fixedWeights, measuredBatches, type LossWeights } from '../loss-weights';
import { createModel, disposeModel, type Model } from '../model/model';
import { seeded } from '../random';
import { learningRates, type LearningRates } from '../schedule';
import { createOptimizerState, trainStep, type OptimizerState, type StepInput } from '../step';
import { loadCheckpoint, saveCheckpoint, type Position } from './checkpoint';
import { embeddingsAfter, embeddingsBefore, writeAttention, writePredictions } from './artifacts';
import { accuracies, compileInference, judge, type Judgement } from './evaluate';
import { readJsonIfThere, writeAtomically } from './files';
import { lockFolder } from './lock';
import { components, openMetricsLog } from './metrics-log';
import { learned, loadModel, saveModel } from './model-file';
import type { Progress } from './progress';

/** A fold as a self-contained job: everything it needs, and the folder it fills. */
export interface FoldJob {
  readonly config: Config;
  readonly labels: readonly string[];
  readonly fold: Pick<Fold, 'index' | 'name' | 'train' | 'test' | 'testGroups'>;
  /** Inner validation: part of `fold.train`, left out of training. */
  readonly validation: readonly Utterance[];
  readonly waves: ReadonlyMap<string, StoredWave>;
  readonly createEncoder: () => Promise<Encoder>;
  readonly engine: Engine;
  readonly dir: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** `fold.json`, written last: its presence means that the fold is done. */
export interface FoldResult {
  readonly fold: number;
  readonly name: string;
  readonly testGroups: readonly string[];
  readonly trainGroups: readonly string[];
  readonly validationGroups: readonly string[];
  readonly trainUtterances: number;
  readonly testUtterances: number;
  readonly trainClasses: Readonly<Record<string, number>>;
  readonly testClasses: Readonly<Record<string, number>>;
  readonly labels: readonly string[];
  readonly seconds: number;
  readonly wa: number;
  readonly ua: number;
  /** Of the inner validation groups, when there are any. */
  readonly validation?: { readonly wa: number; readonly ua: number };
  readonly epoch: number;
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Trains and tests one fold, or goes on where an earlier process stopped.
 *
 * plan → batches (a thread ahead) → step → checkpoint after every epoch → predictions → fold.json
 */
export async function runFold(job: FoldJob): Promise<FoldResult> {
  const { config, dir, labels, fold, progress, engine } = job;
  mkdirSync(dir, { recursive: true });
  const unlock = lockFolder(dir);
  const done = finishedFold(dir);
  if (done) {
    unlock();
    return done;
  }
  const label = `fold ${fold.index}`;
  const held = new Set(job.validation.map(({ id }) => id));
  const train = fold.train.filter(({ id }) => !held.has(id));
  const classOf = new Map([...fold.train, ...fold.test].map(({ id, label }) => [id, labels.indexOf(label)]));
  const labelOf = (id: string): number => classOf.get(id) ?? -1;
  const sources = (list: readonly Utterance[]): Source[] => list.map(({ id }) => storedWave(job.waves, id));
  const waves = new Map([...fold.train, ...fold.test].map(({ id }) => [id, storedWave(job.waves, id)]));
  const loader = createLoader({ waves, labels: classOf, classes: labels.length });
  const encoder = await job.createEncoder();
  const model = createModel(config, encoder, labels.length, seeded(config.seed, 'model', fold.name));
  const state = createOptimizerState(model, config.average > 0);
  const step = engine.compile((input: StepInput) => trainStep(model, state, config, input));
  const inference = compileInference(engine, model);

  const samplesLimit = (seconds: number): number => Math.min(seconds * sampleRate, encoder.maxSamples ?? Infinity);
  const evaluate = async (list: readonly Utterance[]): Promise<Judgement[]> => {
    const maxSamples = samplesLimit(config.maxSeconds);
    const clips = sources(list);
    const buckets = bucketLengths(
      clips.map(({ samples }) => samples),
      maxSamples,
      config.buckets,
    );
    const { batching } = encoder;
    const plans = planEvaluation(clips, { batchSize: config.batchSize, maxSamples, buckets, batching });
    return judge(inference, loader, plans, {
      rows: batching === 'padded' ? config.batchSize : 0,
      frameCount: (samples) => encoder.frameCount(samples),
      signal: job.signal,
    });
  };

  try {
    await embeddingsBefore(job, train, evaluate);
    const variables = new Map([...learned(model), ...state]);
    let position = (await loadCheckpoint(dir, variables, progress.line)) ?? start;
    if (position.step > 0) progress.line(`${label}  going on at epoch ${position.epoch}, after step ${position.step}`);
    const log = openMetricsLog(join(dir, 'metrics.jsonl'), position.metricRows);

    const trainSources = sources(train);
    const maxSamples = samplesLimit(config.crop);
    const planOptions = {
      ...config,
      fold: fold.name,
      maxSamples,
      buckets: bucketLengths(
        trainSources.map(({ samples }) => playedSamples(samples, config.speed[0] ?? 1)),
        maxSamples,
        config.buckets,
      ),
      batching: encoder.batching,
      snrDb: [config.snrDb[0] ?? -5, config.snrDb[1] ?? 10] as const,
      speed: [config.speed[0] ?? 1, config.speed[1] ?? 1] as const,
    };
    const lossWeights = position.lossWeights ?? fixedWeights(config) ?? (await measureWeights());
    position = { ...position, lossWeights };
    const save = async (next: Position): Promise<void> => {
      await step.sync();
      await saveCheckpoint(dir, variables, next, config.keepCheckpoints);
    };

    let clock = Date.now();
    while (position.epoch <= config.epochs) {
      const plan = planEpoch(trainSources, { ...planOptions, epoch: position.epoch });
      const stepsInAll = plan.length * config.epochs;
      for await (const batch of loader.batches(plan.slice(position.batch))) {
        if (job.signal?.aborted) {
          await save(position);
          job.signal.throwIfAborted();
        }
        const { epoch } = position;
        const count = position.step + 1;
        const rates = learningRates(config, epoch, count);
        const { total, raw } = await runStep(batch, rates, lossWeights, count);
        if (![total, ...raw].every(Number.isFinite)) throw notFinite(job, epoch, count, total, raw, batch);
        const seconds = position.seconds + (Date.now() - clock) / 1000;
        clock = Date.now();
        const parts = components(config.losses, raw, lossWeights);
        log.add({
          type: 'step',
          fold: fold.index,
          epoch,
          step: count,
          loss: total,
          components: parts,
          learningRates: rates,
          seconds,
        });
        const { sums } = position;
        position = {
          ...position,
          batch: position.batch + 1,
          step: count,
          seconds,
          metricRows: log.rows(),
          sums: {
            count: sums.count + 1,
            loss: sums.loss + total,
            raw: raw.map((value, i) => value + (sums.raw[i] ?? 0)),
          },
        };
        const weighted = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.weighted]));
        progress.step({
          fold: label,
          epoch,
          epochs: config.epochs,
          step: count,
          steps: stepsInAll,
          loss: total,
          components: weighted,
        });
        if (config.checkpointEvery > 0 && count % config.checkpointEvery === 0 && position.batch < plan.length)
          await save(position);
        await new Promise(setImmediate); // the step blocks the event loop: let Ctrl-C and the batch thread in
      }
      position = await endEpoch(position);
      await save(position);
      clock = Date.now();
    }
    return await finish(position);

    /** Raw losses of the untrained model over the first batches, with learning switched off: the same compiled step. */
    async function measureWeights(): Promise<LossWeights> {
      const measured: Partial<Record<string, number>>[] = [];
      const ones = Object.fromEntries(config.losses.map((loss) => [loss, 1]));
      const plan = planEpoch(trainSources, { ...planOptions, epoch: 1 }).slice(0, measuredBatches);
      for await (const batch of loader.batches(plan)) {
        job.signal?.throwIfAborted();
        const { total, raw } = await runStep(batch, { model: 0, centers: 0, encoder: 0 }, ones, 0);
        if (![total, ...raw].every(Number.isFinite)) throw notFinite(job, 1, 0, total, raw, batch);
        measured.push(Object.fromEntries(config.losses.map((loss, i) => [loss, raw[i]])));
      }
      return autoWeights(measured, config.losses);
    }

    async function endEpoch(at: Position): Promise<Position> {
      const { epoch, sums } = at;
      const validation = job.validation.length > 0 ? await evaluateAveraged(job.validation) : undefined;
      const scores = validation ? accuracies(validation, labelOf, labels.length) : undefined;
      const raw = sums.raw.map((value) => value / sums.count);
      log.add({
        type: 'epoch',
        fold: fold.index,
        epoch,
        step: at.step,
        loss: sums.loss / sums.count,
        components: components(config.losses, raw, lossWeights),
        learningRates: learningRates(config, epoch, at.step),
        seconds: at.seconds,
        ...(scores ? { validation: scores } : {}),
      });
      if (scores)
        progress.line(`${label}  epoch ${epoch}  inner validation WA ${percent(scores.wa)}  UA ${percent(scores.ua)}`);
      const better = scores && (at.best === undefined || scores.ua > at.best.ua) ? { epoch, ...scores } : undefined;
      if (better && config.select === 'best') {
        await withAverage(() => saveModel(join(dir, 'best.safetensors'), model, config, labels));
      }
      return {
        ...at,
        epoch: epoch + 1,
        batch: 0,
        metricRows: log.rows(),
        sums: start.sums,
        ...(better ? { best: better } : {}),
      };
    }
  } finally {
    await step.dispose();
    await inference.dispose();
    await loader.close();
    for (const variable of state.values()) variable.dispose();
    disposeModel(model);
    unlock();
  }

  async function runStep(
    batch: BatchArrays,
    rates: LearningRates,
    lossWeights: LossWeights,
    count: number,
  ): Promise<{ total: number; raw: number[] }> {
    const inputs = stepInputs(config, model, fold.name, batch, rates, lossWeights, count);
    const out = await step(inputs);
    const [total, raw] = await Promise.all([out.total.data(), out.raw.data()]);
    const values = { total: total[0] ?? NaN, raw: [...raw] };
    tf.dispose([inputs, out]);
    return values;
  }

  /** Runs `use` with the averaged weights in place of the present ones, when there is an average. */
  async function withAverage<T>(use: () => Promise<T>): Promise<T> {
    await step.sync();
    if (config.average === 0) return use();
    swapAverage(model, state);
    try {
      return await use();
    } finally {
      swapAverage(model, state);
    }
  }

  function evaluateAveraged(list: readonly Utterance[]): Promise<Judgement[]> {
    return withAverage(() => evaluate(list));
  }

  async function finish(position: Position): Promise<FoldResult> {
    const modelPath = join(dir, 'model.safetensors');
    if (config.average > 0) swapAverage(model, state); // from here on only the model that is kept matters
    if (config.select === 'best' && existsSync(join(dir, 'best.safetensors'))) {
      await loadModel(join(dir, 'best.safetensors'), model);
    }
    await saveModel(modelPath, model, config, labels);
    const judgements = await evaluate(fold.test);
    const validation = job.validation.length > 0 ? await evaluate(job.validation) : undefined;
    writePredictions(job, judgements);
    await embeddingsAfter(job, train, judgements, evaluate);
    writeAttention(job, judgements, labelOf, encoder);
    const groups = (list: readonly Utterance[]): string[] => [...new Set(list.map(({ speaker }) => speaker))].sort();
    const result: FoldResult = {
      fold: fold.index,
      name: fold.name,
      testGroups: fold.testGroups,
      trainGroups: groups(train),
      validationGroups: groups(job.validation),
      trainUtterances: train.length,
      testUtterances: fold.test.length,
      trainClasses: countClasses(train, labels),
      testClasses: countClasses(fold.test, labels),
      labels,
      seconds: Math.round(position.seconds * 10) / 10,
      ...accuracies(judgements, labelOf, labels.length),
      ...(validation ? { validation: accuracies(validation, labelOf, labels.length) } : {}),
      epoch: config.select === 'best' ? (position.best?.epoch ?? config.epochs) : config.epochs,
      engine: engine.name,
      versions: { node: process.version, tfjs: tf.version_core },
    };
    writeAtomically(join(dir, 'fold.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  }
}

const start: Position = {
  epoch: 1,
  batch: 0,
  step: 0,
  metricRows: 0,
  seconds: 0,
  sums: { count: 0, loss: 0, raw: [] },
};

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

function countClasses(utterances: readonly Utterance[], labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(labels.map((label) => [label, utterances.filter((u) => u.label === label).length]));
}

/** The result of a fold that is done, if it is. */
export function finishedFold(dir: string): FoldResult | undefined {
  return readJsonIfThere(join(dir, 'fold.json')) as FoldResult | undefined;
}

/** A batch and what changes from step to step, as tensors. Update `count` 0 measures and does not learn. */
function stepInputs(
  config: Config,
  model: Model,
  fold: string,
  batch: BatchArrays,
  rates: LearningRates,
  lossWeights: LossWeights,
  count: number,
): StepInput {
  const corrections = biasCorrections(Math.max(1, count));
  const averaging = 1 - Math.min(config.average, (1 + count) / (10 + count));
  const dim = model.encoder.hiddenSize;
  return {
    waves: tf.tensor2d(batch.waves, [batch.size, batch.samples]),
    lengths: tf.tensor1d(batch.lengths, 'int32'),
    targets: tf.tensor2d(batch.targets, [batch.size, model.classes]),
    labels: tf.tensor1d(batch.labels, 'int32'),
    lambdas: tf.tensor1d(config.losses.map((loss) => lossWeights[loss] ?? 0)),
    rates: tf.tensor1d([rates.model, rates.centers, rates.encoder]),
    adam: tf.tensor1d([...corrections, count > 0 ? 1 : 0, count > 0 ? averaging : 0]),
    ...(config.dropout > 0 ? { keep: dropoutMask(batch.size, dim, config, fold, count) } : {}),
    ...encoderNoise(config, model.encoder, fold, batch, count),
  };
}

function dropoutMask(rows: number, dim: number, config: Config, fold: string, count: number): tf.Tensor2D {
  const random = seeded(config.seed, 'dropout', fold, count);
  const kept = 1 / (1 - config.dropout);
  const values = Float32Array.from({ length: rows * dim }, () =>
    count === 0 ? 1 : random() < config.dropout ? 0 : kept,
  );
  return tf.tensor2d(values, [rows, dim]);
}

function encoderNoise(
  config: Config,
  encoder: Encoder,
  fold: string,
  batch: BatchArrays,
  count: number,
): Pick<StepInput, 'timeMask' | 'keepLayers'> {
  const { specAugment, layerDrop } = config;
  if (!specAugment && layerDrop === 0) return {};
  const random = seeded(config.seed, 'noise', fold, count);
  const options = { random, timeProbability: specAugment ? 0.05 : 0, layerDrop };
  return drawTrainingNoise(encoder, [...batch.lengths], batch.samples, options);
}

/** Exchanges the weights and their averages. */
function swapAverage(model: Model, state: OptimizerState): void {
  for (const { name, variable } of model.trainable) {
    const average = state.get(`average.${name}`);
    if (!average) continue;
    tf.tidy(() => {
      const present = tf.clone(variable);
      variable.assign(tf.clone(average));
      average.assign(present);
    });
  }
}

function notFinite(
  job: FoldJob,
  epoch: number,
  count: number,
  total: number,
  raw: readonly number[],
  batch: BatchArrays,
): InputError {
  const parts = job.config.losses.map((loss, i) => `${loss} ${raw[i]}`);
  return new InputError(
    `fold ${job.fold.index}, epoch ${epoch}, step ${count}: the loss is ${total} (${parts.join(', ')}); ` +
      `utterances of this batch: ${batch.ids.join(', ')}; the last checkpoint is untouched, try a lower --lr or --clip-norm=1`,
  );
}
