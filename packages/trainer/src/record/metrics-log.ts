import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/schema';
import type { LossWeights } from '../training/loss-weights';
import type { LearningRates } from '../training/schedule';
import { openEventLog } from '../tracking';
import { diskError, writeAtomically } from './files';

/** A row of `metrics.jsonl`. */
export interface MetricRow {
  readonly type: 'step' | 'epoch';
  readonly fold: number;
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly components: Readonly<Record<string, { raw: number; weighted: number }>>;
  readonly learningRates: LearningRates;
  readonly seconds: number;
  readonly validation?: { readonly wa: number; readonly ua: number };
}

export interface MetricsLog {
  rows(): number;
  add(row: MetricRow): void;
}

/**
 * Opens `metrics.jsonl`, keeping only the first `keep` rows: those after the checkpoint are computed again. TensorBoard's
 * event file beside it holds the same rows.
 */
export function openMetricsLog(path: string, keep: number): MetricsLog {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const kept = lines.slice(0, keep);
  let rows = kept.length;
  writeAtomically(path, kept.map((line) => `${line}\n`).join(''));
  const events = onDisk(path, () =>
    openEventLog(
      dirname(path),
      kept.map((line) => JSON.parse(line) as MetricRow), // whole rows that this program wrote before its checkpoint
    ),
  );
  return {
    rows: () => rows,
    add: (row) => {
      onDisk(path, () => {
        appendFileSync(path, `${JSON.stringify(row)}\n`);
        events.add(row);
      });
      rows++;
    },
  };
}

/** A full disk in words. */
function onDisk<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw diskError(error, path);
  }
}

/** Raw and weighted components by name. */
export function components(
  losses: Config['losses'],
  raw: readonly number[],
  weights: LossWeights,
): Record<string, { raw: number; weighted: number }> {
  return Object.fromEntries(
    losses.map((loss, i) => [loss, { raw: raw[i] ?? NaN, weighted: (raw[i] ?? NaN) * (weights[loss] ?? 0) }]),
  );
}
