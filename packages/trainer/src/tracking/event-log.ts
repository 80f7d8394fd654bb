import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '@ser/files';
import type { MetricRow } from '../record/run-files';
import { scalarEvent, versionEvent } from './event-message';
import { record } from './records';

/** A row of `metrics.jsonl`, as far as it is drawn. */
export type EventRow = Omit<MetricRow, 'fold' | 'epoch'>;

/** Rows of `metrics.jsonl` as a TensorBoard event file in the same folder. */
export interface EventLog {
  readonly path: string;
  /** Appends a row; it is on disk when this returns. */
  add(row: EventRow): void;
}

export interface EventLogOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Starts an event file with the rows there are already. A resumed fold drops rows past its checkpoint, so the file is
 * written anew and older ones are removed: TensorBoard never shows a step twice.
 *
 * @param dir folder of the fold; `tensorboard --logdir runs` shows it as `<run>/fold-<k>`
 */
export function openEventLog(dir: string, rows: readonly EventRow[], options: EventLogOptions = {}): EventLog {
  const { now = Date.now } = options;
  const start = now() / 1000;
  makeFolder(dir);
  for (const name of readdirSync(dir)) if (name.startsWith('events.out.tfevents.')) rmSync(join(dir, name));
  const path = join(dir, `events.out.tfevents.${Math.floor(start)}.ser`);
  // Rows know how long training had run, not when: the last of them is taken to be of just now.
  const last = rows[rows.length - 1]?.seconds ?? 0;
  const events = rows.map((row) => scalarEvent(start - (last - row.seconds), row.step, scalars(row)));
  const first = start - last;
  writeFileSync(path, Buffer.concat([versionEvent(first), ...events].map(record)));
  return {
    path,
    add: (row) => appendFileSync(path, record(scalarEvent(now() / 1000, row.step, scalars(row)))),
  };
}

/** Without values that JSON could not hold: a row read back has null for NaN. */
function scalars(row: EventRow): Record<string, number> {
  return Object.fromEntries(Object.entries(tagged(row)).filter(([, value]) => typeof value === 'number'));
}

/** Tags: what comes before the slash is a group of charts in TensorBoard. */
function tagged(row: EventRow): Record<string, number> {
  const components = Object.entries(row.components);
  if (row.type === 'epoch') {
    const { validation } = row;
    return {
      'epoch/loss': row.loss,
      ...(validation === undefined ? {} : { 'validation/wa': validation.wa, 'validation/ua': validation.ua }),
    };
  }
  return {
    'loss/total': row.loss,
    ...Object.fromEntries(components.map(([name, { weighted }]) => [`loss_weighted/${name}`, weighted])),
    ...Object.fromEntries(components.map(([name, { raw }]) => [`loss_raw/${name}`, raw])),
    ...Object.fromEntries(Object.entries(row.learningRates).map(([name, rate]) => [`learning_rate/${name}`, rate])),
  };
}
