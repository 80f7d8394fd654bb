import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config/schema';
import type { LossWeights } from '../loss-weights';
import type { LearningRates } from '../schedule';
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

/** Opens `metrics.jsonl`, keeping only the first `keep` rows: those after the checkpoint are computed again. */
export function openMetricsLog(path: string, keep: number): MetricsLog {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  let rows = Math.min(keep, lines.length);
  writeAtomically(
    path,
    lines
      .slice(0, rows)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return {
    rows: () => rows,
    add: (row) => {
      try {
        appendFileSync(path, `${JSON.stringify(row)}\n`);
      } catch (error) {
        throw diskError(error, path);
      }
      rows++;
    },
  };
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
