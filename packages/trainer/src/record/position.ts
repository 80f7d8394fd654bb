import type { LossWeights } from '../training/loss-weights';
import type { StoredPosition } from './run-files';

/** Where a fold is: everything that is not a tensor and that the next step depends on. A value; the functions below give the next one. */
export type Position = StoredPosition;

/** Before the first step. */
export const start: Position = {
  epoch: 1,
  batch: 0,
  step: 0,
  metricRows: 0,
  seconds: 0,
  sums: { count: 0, loss: 0, raw: [] },
};

/** The weights of the losses are known: given, or measured on the untrained model. */
export function withLossWeights(position: Position, lossWeights: LossWeights): Position {
  return { ...position, lossWeights };
}

/** After one more update. */
export function afterStep(
  position: Position,
  done: {
    readonly loss: number;
    /** Raw losses, in the order of the settings. */
    readonly raw: readonly number[];
    readonly seconds: number;
    readonly metricRows: number;
  },
): Position {
  const { loss, raw, seconds, metricRows } = done;
  const { sums } = position;
  return {
    ...position,
    batch: position.batch + 1,
    step: position.step + 1,
    seconds,
    metricRows,
    sums: {
      count: sums.count + 1,
      loss: sums.loss + loss,
      raw: raw.map((value, i) => value + (sums.raw[i] ?? 0)),
    },
  };
}

/** Means of the losses over the epoch so far. */
export function epochMeans({ sums }: Position): { loss: number; raw: number[] } {
  return { loss: sums.loss / sums.count, raw: sums.raw.map((value) => value / sums.count) };
}

/** At the start of the next epoch. */
export function afterEpoch(position: Position, metricRows: number, best?: Position['best']): Position {
  return {
    ...position,
    epoch: position.epoch + 1,
    batch: 0,
    metricRows,
    sums: start.sums,
    ...(best ? { best } : {}),
  };
}
