import { percent } from '../percent';
import { saveCheckpoint } from '../record/checkpoint';
import { foldTitle } from '../record/fold-result';
import { components, type MetricsLog } from '../record/metrics';
import { saveModel } from '../record/model-file';
import { afterEpoch, afterStep, epochMeans, type Position } from '../record/position';
import { autoWeights, measuredBatches, type LossWeights } from '../training/loss-weights';
import { learningRates } from '../training/schedule';
import { forgetMoments } from '../training/step';
import { withAverage } from './averaging';
import { accuracies } from './evaluate';
import { bestModel } from './finish-fold';
import type { OpenFold } from './open-fold';
import type { Update } from './step-inputs';
import { runsOf } from './runs';
import { updateOn } from './update';

/** λ of each loss from the first batches of the untrained model, which learns nothing from them. */
export async function measureWeights(fold: OpenFold): Promise<LossWeights> {
  const { config, signal } = fold.job;
  const ones = Object.fromEntries(config.losses.map((loss) => [loss, 1]));
  const how: Update = {
    count: 0,
    rates: { model: 0, centers: 0, encoder: 0 },
    lossWeights: ones,
    classWeights: fold.classWeights,
  };
  const measured: Partial<Record<string, number>>[] = [];
  for await (const batches of runsOf(fold.loader, fold.planOf(1).slice(0, measuredBatches), fold.stepsPerRun)) {
    signal?.throwIfAborted();
    for (const { raw } of await updateOn(
      fold,
      batches,
      1,
      batches.map(() => how),
    ))
      measured.push(Object.fromEntries(config.losses.map((loss, i) => [loss, raw[i]])));
  }
  await fold.step.sync();
  forgetMoments(fold.state);
  return autoWeights(measured, config.losses);
}

/** Whether one of these steps is a multiple of `every`: checkpoints fall between runs. */
const isDue = (every: number, first: number, last: number): boolean =>
  every > 0 && Math.floor(last / every) > Math.floor((first - 1) / every);

/** Writes a checkpoint, unless another process has taken the fold over. */
export async function save(fold: OpenFold, position: Position): Promise<void> {
  await fold.step.sync();
  const { config, dir, fingerprint, lease } = fold.job;
  lease?.check();
  await saveCheckpoint(dir, fold.variables, { position, fingerprint }, config.keepCheckpoints);
}

/**
 * The steps of an epoch that are not done yet, several in one call where the engine gains from it.
 * @throws the signal's reason after a checkpoint, when it is aborted
 */
export async function trainEpoch(
  fold: OpenFold,
  log: MetricsLog,
  from: Position,
  lossWeights: LossWeights,
): Promise<Position> {
  const { config, progress, signal, fold: split } = fold.job;
  const { epoch } = from;
  const plan = fold.planOf(epoch);
  let position = from;
  let clock = Date.now();
  for await (const batches of runsOf(fold.loader, plan.slice(from.batch), fold.stepsPerRun)) {
    if (signal?.aborted) {
      await save(fold, position);
      signal.throwIfAborted();
    }
    const first = position.step + 1;
    const hows = batches.map((_, i) => ({
      count: first + i,
      rates: learningRates(config, epoch, first + i),
      lossWeights,
      classWeights: fold.classWeights,
    }));
    const losses = await updateOn(fold, batches, epoch, hows);
    const each = (Date.now() - clock) / 1000 / losses.length;
    clock = Date.now();

    for (const [i, { total, raw }] of losses.entries()) {
      const count = first + i;
      const parts = components(config.losses, raw, lossWeights);
      const seconds = position.seconds + each;
      log.add({
        type: 'step',
        fold: split.index,
        epoch,
        step: count,
        loss: total,
        components: parts,
        learningRates: learningRates(config, epoch, count),
        seconds,
      });
      position = afterStep(position, { loss: total, raw, seconds, metricRows: log.rows() });
      progress.step({
        fold: foldTitle(split.index),
        epoch,
        epochs: config.epochs,
        step: count,
        steps: plan.length * config.epochs,
        loss: total,
        components: Object.fromEntries(Object.entries(parts).map(([name, { weighted }]) => [name, weighted])),
      });
    }
    if (isDue(config.checkpointEvery, first, position.step) && position.batch < plan.length) await save(fold, position);
    await new Promise(setImmediate); // a run blocks the event loop: let Ctrl-C and the batch thread in
  }
  return position;
}

/** The epoch's row: means over its steps, and the inner validation, which may also choose the epoch. */
export async function endEpoch(
  fold: OpenFold,
  log: MetricsLog,
  position: Position,
  lossWeights: LossWeights,
): Promise<Position> {
  const { model, state, labelOf } = fold;
  const { config, labels, progress, validation, fold: split } = fold.job;
  const { epoch, step, seconds, best } = position;
  await fold.step.sync();
  const scores =
    validation.length === 0
      ? undefined
      : accuracies(await withAverage(model, state, () => fold.evaluate(validation)), labelOf, labels.length);
  const { loss, raw } = epochMeans(position);
  log.add({
    type: 'epoch',
    fold: split.index,
    epoch,
    step,
    loss,
    components: components(config.losses, raw, lossWeights),
    learningRates: learningRates(config, epoch, step),
    seconds,
    ...(scores ? { validation: scores } : {}),
  });
  if (scores) {
    const [wa, ua] = [percent(scores.wa), percent(scores.ua)];
    progress.line(`${foldTitle(split.index)}  epoch ${epoch}  inner validation WA ${wa} %  UA ${ua} %`);
  }
  const better = scores && (best === undefined || scores.ua > best.ua) ? { epoch, ua: scores.ua } : undefined;
  if (better && config.select === 'best') {
    fold.job.lease?.check();
    await withAverage(model, state, () => saveModel(fold.path(bestModel), model, fold.card, fold.job.fingerprint));
  }
  return afterEpoch(position, log.rows(), better);
}
