import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Fold, Utterance } from '@ser/datasets';
import type { Encoder } from '@ser/frontend-wavlm';
import * as tf from '@tensorflow/tfjs';
import type { Config } from '../config/schema';
import type { BatchArrays } from '../data/assemble';
import { createLoader } from '../data/loader';
import type { Source } from '../data/plan';
import { storedWave, type StoredWave } from '../data/waves';
import type { Engine, Runnable } from '../training/engine';
import { InputError } from '../errors';
import { autoWeights, fixedWeights, measuredBatches, type LossWeights } from '../training/loss-weights';
import { createModel, disposeModel } from '../model/model';
import { seeded } from '../random';
import { learningRates } from '../training/schedule';
import { createOptimizerState, forgetMoments, trainStep, type StepInput, type StepOutput } from '../training/step';
import { embeddingsAfter, embeddingsBefore, writeAttention, writePredictions } from '../record/artifacts';
import { swapAverage, withAverage } from './averaging';
import { loadCheckpoint, saveCheckpoint, type Position } from '../record/checkpoint';
import { accuracies, compileInference, judge, type Judgement } from './evaluate';
import { writeAtomically } from '../record/files';
import type { FoldResult } from '../record/run-files';
import { classCounts, finishedFold, speakersOf } from '../record/fold-result';
import { lockFolder } from './lock';
import { components, openMetricsLog } from '../record/metrics-log';
import { learned, loadModel, saveModel } from '../record/model-file';
import { evaluationPlan, trainingPlans } from './plans';
import type { Progress } from './progress';
import { framesStay, frozenSignals, waveSignals } from './signal';
import { stepInputs, type Update } from './step-inputs';
import { versions } from './versions';

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

/**
 * Trains and tests one fold, or goes on where an earlier process stopped.
 *
 * plan → batches (a thread ahead) → step → checkpoint after every epoch → predictions → fold.json
 *
 * @throws {InputError} when another process has the fold, or a loss is not finite.
 */
export async function runFold(job: FoldJob): Promise<FoldResult> {
  mkdirSync(job.dir, { recursive: true });
  const unlock = lockFolder(job.dir);
  try {
    return finishedFold(job.dir) ?? (await trainFold(job));
  } finally {
    unlock();
  }
}

async function trainFold(job: FoldJob): Promise<FoldResult> {
  const { config, dir, labels, fold, validation, progress, engine, signal } = job;
  const title = `fold ${fold.index}`;
  const bestModel = join(dir, 'best.safetensors');

  // Who trains, and which class everyone is of.
  const held = new Set(validation.map(({ id }) => id));
  const train = fold.train.filter(({ id }) => !held.has(id));
  const classOf = new Map([...fold.train, ...fold.test].map(({ id, label }) => [id, labels.indexOf(label)]));
  const labelOf = (id: string): number => classOf.get(id) ?? -1;
  const sourcesOf = (list: readonly Utterance[]): Source[] => list.map(({ id }) => storedWave(job.waves, id));
  const waves = new Map([...classOf.keys()].map((id) => [id, storedWave(job.waves, id)]));

  // The model, its step and its use.
  const encoder = await job.createEncoder();
  const model = createModel(config, encoder, labels.length, seeded(config.seed, 'model', fold.name));
  const state = createOptimizerState(model, config.average > 0);
  const step = engine.compile((input: StepInput) => trainStep(model, state, config, input));
  const loader = createLoader({ waves, labels: classOf, classes: labels.length });
  const signals = framesStay(config, engine)
    ? await frozenSignals(config, encoder, [...waves.values()], (line) => progress.line(`${title}  ${line}`))
    : waveSignals(encoder);
  const planned = { batching: signals.batching, maxSamples: encoder.maxSamples };

  try {
    const evaluate = async (list: readonly Utterance[]): Promise<Judgement[]> => {
      // Compiled anew each time: kept, its sessions would hold as much memory as those of the step.
      const inference = compileInference(engine, model);
      try {
        return await judge(inference, loader, evaluationPlan(config, sourcesOf(list), planned), {
          rows: signals.batching === 'padded' ? config.batchSize : 0,
          read: signals.read,
          frameCount: (samples) => encoder.frameCount(samples),
          signal,
        });
      } finally {
        await inference.dispose();
      }
    };
    const update = async (batch: BatchArrays, epoch: number, how: Update): Promise<Losses> => {
      const losses = await runStep(step, stepInputs(config, model, fold.name, batch, await signals.read(batch), how));
      if (![losses.total, ...losses.raw].every(Number.isFinite)) throw notFinite(job, epoch, how.count, losses, batch);
      return losses;
    };

    // Where an earlier process stopped, or the start. The untrained model is shown before a checkpoint is loaded.
    await embeddingsBefore(job, train, evaluate);
    const variables = new Map([...learned(model), ...state]);
    let position = (await loadCheckpoint(dir, variables, progress.line)) ?? start;
    if (position.step > 0) progress.line(`${title}  going on at epoch ${position.epoch}, after step ${position.step}`);
    const log = openMetricsLog(join(dir, 'metrics.jsonl'), position.metricRows);
    const save = async (): Promise<void> => {
      await step.sync();
      await saveCheckpoint(dir, variables, position, config.keepCheckpoints);
    };

    // The weight of each loss: given, or from the first batches of the untrained model.
    const planOf = trainingPlans(config, fold.name, sourcesOf(train), planned);
    const measureWeights = async (): Promise<LossWeights> => {
      const ones = Object.fromEntries(config.losses.map((loss) => [loss, 1]));
      const how: Update = { count: 0, rates: { model: 0, centers: 0, encoder: 0 }, lossWeights: ones };
      const measured: Partial<Record<string, number>>[] = [];
      for await (const batch of loader.batches(planOf(1).slice(0, measuredBatches))) {
        signal?.throwIfAborted();
        const { raw } = await update(batch, 1, how);
        measured.push(Object.fromEntries(config.losses.map((loss, i) => [loss, raw[i]])));
      }
      await step.sync();
      forgetMoments(state);
      return autoWeights(measured, config.losses);
    };
    const lossWeights = position.lossWeights ?? fixedWeights(config) ?? (await measureWeights());
    position = { ...position, lossWeights };

    let clock = Date.now();
    while (position.epoch <= config.epochs) {
      const { epoch } = position;
      const plan = planOf(epoch);
      for await (const batch of loader.batches(plan.slice(position.batch))) {
        if (signal?.aborted) {
          await save();
          signal.throwIfAborted();
        }

        // One update.
        const count = position.step + 1;
        const rates = learningRates(config, epoch, count);
        const { total, raw } = await update(batch, epoch, { count, rates, lossWeights });
        const seconds = position.seconds + (Date.now() - clock) / 1000;
        clock = Date.now();

        // What it gave.
        const parts = components(config.losses, raw, lossWeights);
        const row = { fold: fold.index, epoch, step: count, loss: total, components: parts, learningRates: rates };
        log.add({ type: 'step', ...row, seconds });
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
        progress.step({
          fold: title,
          epoch,
          epochs: config.epochs,
          step: count,
          steps: plan.length * config.epochs,
          loss: total,
          components: Object.fromEntries(Object.entries(parts).map(([name, { weighted }]) => [name, weighted])),
        });
        const due = config.checkpointEvery > 0 && count % config.checkpointEvery === 0;
        if (due && position.batch < plan.length) await save();
        await new Promise(setImmediate); // the step blocks the event loop: let Ctrl-C and the batch thread in
      }

      // The epoch's row: means over its steps, and the inner validation, which may also choose the epoch.
      await step.sync();
      const { sums, seconds, best } = position;
      const scores =
        validation.length === 0
          ? undefined
          : accuracies(await withAverage(model, state, () => evaluate(validation)), labelOf, labels.length);
      const means = sums.raw.map((value) => value / sums.count);
      log.add({
        type: 'epoch',
        fold: fold.index,
        epoch,
        step: position.step,
        loss: sums.loss / sums.count,
        components: components(config.losses, means, lossWeights),
        learningRates: learningRates(config, epoch, position.step),
        seconds,
        ...(scores ? { validation: scores } : {}),
      });
      if (scores)
        progress.line(`${title}  epoch ${epoch}  inner validation WA ${percent(scores.wa)}  UA ${percent(scores.ua)}`);
      const better = scores && (best === undefined || scores.ua > best.ua) ? { epoch, ...scores } : undefined;
      if (better && config.select === 'best') {
        await withAverage(model, state, () => saveModel(bestModel, model, config, labels));
      }
      position = {
        ...position,
        epoch: epoch + 1,
        batch: 0,
        metricRows: log.rows(),
        sums: start.sums,
        ...(better ? { best: better } : {}),
      };
      await save();
      clock = Date.now();
    }

    // The model that is kept: of the last epoch or of the best one, averaged if asked for.
    swapAverage(model, state);
    if (config.select === 'best' && existsSync(bestModel)) await loadModel(bestModel, model);
    await saveModel(join(dir, 'model.safetensors'), model, config, labels);

    // What it says about the test utterances.
    const judgements = await evaluate(fold.test);
    const validated = validation.length === 0 ? undefined : await evaluate(validation);
    writePredictions(job, judgements);
    await embeddingsAfter(job, train, judgements, evaluate);
    writeAttention(job, judgements, labelOf, encoder);
    const result: FoldResult = {
      fold: fold.index,
      name: fold.name,
      testGroups: fold.testGroups,
      trainGroups: speakersOf(train),
      validationGroups: speakersOf(validation),
      trainUtterances: train.length,
      testUtterances: fold.test.length,
      trainClasses: classCounts(train, labels),
      testClasses: classCounts(fold.test, labels),
      labels,
      seconds: Math.round(position.seconds * 10) / 10,
      ...accuracies(judgements, labelOf, labels.length),
      ...(validated ? { validation: accuracies(validated, labelOf, labels.length) } : {}),
      epoch: config.select === 'best' ? (position.best?.epoch ?? config.epochs) : config.epochs,
      engine: engine.name,
      versions: versions(engine.name),
    };
    writeAtomically(join(dir, 'fold.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await step.dispose();
    await loader.close();
    await signals.dispose();
    for (const variable of state.values()) variable.dispose();
    disposeModel(model);
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

interface Losses {
  /** Eq. 11. */
  readonly total: number;
  /** In the order of `config.losses`. */
  readonly raw: readonly number[];
}

async function runStep(step: Runnable<StepInput, StepOutput>, inputs: StepInput): Promise<Losses> {
  const out = await step(inputs);
  const [total, raw] = await Promise.all([out.total.data(), out.raw.data()]);
  const losses = { total: total[0] ?? NaN, raw: [...raw] };
  tf.dispose([inputs, out]);
  return losses;
}

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

function notFinite(job: FoldJob, epoch: number, count: number, losses: Losses, batch: BatchArrays): InputError {
  const parts = job.config.losses.map((loss, i) => `${loss} ${losses.raw[i]}`);
  return new InputError(
    `fold ${job.fold.index}, epoch ${epoch}, step ${count}: the loss is ${losses.total} (${parts.join(', ')}); ` +
      `utterances of this batch: ${batch.ids.join(', ')}; the last checkpoint is untouched, try a lower --lr or --clip-norm=1`,
  );
}
