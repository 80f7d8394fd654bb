import { appendFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, parseJson, readTextIfThere, withFileErrors, withFileErrorsSync, writeFileWhole } from '@ser/files';
import type { Config } from '../config/schema';
import { openEventLog } from '../tracking';
import type { LossWeights } from '../training/loss-weights';
import { jsonLines } from './json-lines';
import { asMetric, type MetricRow } from './run-files';

/** `metrics.jsonl` of a fold that is training. */
export interface MetricsLog {
  /** Rows so far. */
  rows(): number;
  /** Appends a row; it is on disk when this returns. */
  add(row: MetricRow): void;
}

/**
 * Opens `metrics.jsonl`, keeping only the first `keep` rows: those after the checkpoint are computed again. TensorBoard's
 * event file beside it holds the same rows. A row that is damaged is left out with a word, and the file with it put aside.
 */
export async function openMetricsLog(path: string, keep: number, warn: (line: string) => void): Promise<MetricsLog> {
  const { kept, problem } = await keptRows(path, keep);
  if (problem !== undefined) {
    const aside = `${path}.damaged`;
    const isThere = await withFileErrors(path, () =>
      rename(path, aside).then(
        () => true,
        () => false,
      ),
    );
    warn(`${problem}; going on with ${kept.length} of ${keep} rows${isThere ? ` (the damaged file is ${aside})` : ''}`);
  }
  let rows = kept.length;
  await writeFileWhole(path, jsonLines(kept));
  const events = withFileErrorsSync(path, () => openEventLog(dirname(path), kept));
  return {
    rows: () => rows,
    add: (row) => {
      withFileErrorsSync(path, () => {
        appendFileSync(path, jsonLines([row]));
        events.add(row);
      });
      rows++;
    },
  };
}

/** The whole rows among the first `keep`, and what is wrong when they are fewer. */
async function keptRows(path: string, keep: number): Promise<{ kept: MetricRow[]; problem?: string }> {
  if (keep === 0) return { kept: [] };
  let text: string | undefined;
  try {
    text = await readTextIfThere(path);
  } catch (error) {
    return { kept: [], problem: messageOf(error) };
  }
  if (text === undefined) return { kept: [], problem: `${path} is missing` };
  const lines = text.split('\n').slice(0, keep);
  const kept: MetricRow[] = [];
  let problem: string | undefined;
  for (const [i, line] of lines.entries()) {
    const where = `${path}:${i + 1}`;
    try {
      kept.push(asMetric(parseJson(line, where), where));
    } catch (error) {
      problem ??= messageOf(error);
    }
  }
  if (kept.length < keep) problem ??= `${path} has ${kept.length} rows, expected ${keep}`;
  return problem === undefined ? { kept } : { kept, problem };
}

/** Raw and weighted components by name. */
export function components(
  losses: Config['losses'],
  raw: readonly number[],
  weights: LossWeights,
): MetricRow['components'] {
  return Object.fromEntries(
    losses.map((loss, i) => [loss, { raw: raw[i] ?? NaN, weighted: (raw[i] ?? NaN) * (weights[loss] ?? 0) }]),
  );
}
