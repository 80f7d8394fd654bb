import { createHash } from 'node:crypto';
import type { Utterance } from '@ser/datasets';
import { argmax } from '../metrics';
import { classify, logisticRegression, type LinearModel, type Table } from './logistic-regression';

/** Mean and deviation of every feature over an utterance's frames, [layers][2 · features]. */
export type Pooled = readonly Float32Array[];

/** Layers that a probe may read; their vectors are joined. */
export type LayerSet = readonly number[];

export interface ProbeOptions {
  readonly labels: readonly string[];
  /** What must not be on both sides of an inner split: the speaker. */
  readonly groupOf: (utterance: Utterance) => string;
  readonly pooled: (utterance: Utterance) => Pooled;
  readonly threads: number;
  readonly signal?: AbortSignal;
}

export interface FittedProbe {
  readonly model: LinearModel;
  readonly layers: LayerSet;
  readonly strength: number;
  /** Accuracy on the inner validation groups, by which layers and strength were chosen; NaN when there was no choice. */
  readonly innerAccuracy: number;
}

const strengths = [0.001, 0.01, 0.1];
const innerSplits = 4;

/**
 * The layers that are tried: the last one, the one three quarters up, up to four of the upper three quarters together, and
 * up to four of all. `layers` is the number of blocks; 0 is the input of the first.
 */
export function layerSets(layers: number): LayerSet[] {
  const upper = Math.max(1, Math.ceil(layers / 4) + (layers > 3 ? 1 : 0));
  const sets: LayerSet[] = [
    [layers],
    [Math.max(1, Math.round((3 * layers) / 4))],
    spread(upper, layers),
    spread(1, layers),
  ];
  return sets.filter((set, i) => sets.findIndex((other) => String(other) === String(set)) === i);
}

/** Up to four layers from one to another, as evenly as they go. */
function spread(from: number, to: number): LayerSet {
  const count = Math.min(4, to - from + 1);
  if (count < 2) return [to];
  return Array.from({ length: count }, (_, i) => Math.round(from + (i * (to - from)) / (count - 1)));
}

/** The probes of this process by what they were fitted to: runs that differ in their seeds have the same folds. */
const fitted = new Map<string, Promise<FittedProbe>>();

/**
 * Linear probe: logistic regression on mean and deviation of the frames of a frozen encoder. Layers and regularisation are
 * chosen on inner splits of the training side by speaker. A process fits a probe once to the same data.
 */
export function fitProbe(
  train: readonly Utterance[],
  sets: readonly LayerSet[],
  options: ProbeOptions,
): Promise<FittedProbe> {
  const key = fittedTo(train, sets, options);
  const there = fitted.get(key);
  if (there) return there;
  const probe = chooseAndFit(train, sets, options);
  fitted.set(key, probe);
  probe.catch(() => fitted.delete(key)); // one that was interrupted is fitted again
  return probe;
}

/** SHA-256 of all that decides how a probe comes out. */
function fittedTo(
  train: readonly Utterance[],
  sets: readonly LayerSet[],
  { labels, groupOf, pooled, threads }: ProbeOptions,
): string {
  const rows = train.map((utterance) => [utterance.label, groupOf(utterance)]);
  const hash = createHash('sha256').update(JSON.stringify([labels, sets, threads, rows]));
  for (const utterance of train) {
    const vectors = pooled(utterance);
    for (const layer of new Set(sets.flat())) hash.update(vectors[layer] ?? new Float32Array());
  }
  return hash.digest('hex');
}

async function chooseAndFit(
  train: readonly Utterance[],
  sets: readonly LayerSet[],
  options: ProbeOptions,
): Promise<FittedProbe> {
  const { labels, groupOf } = options;
  const groups = [...new Set(train.map(groupOf))].sort();
  const splits = groups.length < 2 ? [] : innerGroups(groups);
  let best = { layers: sets.at(-1) ?? [], strength: 0.01, innerAccuracy: NaN };
  for (const layers of splits.length > 0 ? sets : []) {
    for (const strength of strengths) {
      let right = 0;
      for (const held of splits) {
        const inner = train.filter((utterance) => !held.has(groupOf(utterance)));
        const outer = train.filter((utterance) => held.has(groupOf(utterance)));
        const rows = classify(await fit(inner, layers, strength, options), tableOf(outer, layers, options));
        right += rows.filter((row, i) => labels[argmax(row)] === outer[i]?.label).length;
      }
      const innerAccuracy = right / train.length;
      if (!(innerAccuracy <= best.innerAccuracy)) best = { layers, strength, innerAccuracy };
    }
  }
  return { ...best, model: await fit(train, best.layers, best.strength, options) };
}

/** What a fitted probe says of utterances, [utterances][classes]. */
export const predict = (
  { model, layers }: FittedProbe,
  list: readonly Utterance[],
  options: ProbeOptions,
): number[][] => classify(model, tableOf(list, layers, options));

/** Speakers in groups that are held out in turn. */
function innerGroups(groups: readonly string[]): Set<string>[] {
  const count = Math.min(innerSplits, groups.length);
  return Array.from({ length: count }, (_, split) => new Set(groups.filter((_, i) => i % count === split)));
}

/** The vectors of the layers, joined, in a row for each utterance. */
function tableOf(list: readonly Utterance[], layers: LayerSet, { pooled }: ProbeOptions): Table {
  const rows = list.map((utterance) => layers.map((layer) => pooled(utterance)[layer] ?? new Float32Array()));
  const columns = (rows[0] ?? []).reduce((sum, vector) => sum + vector.length, 0);
  const values = new Float32Array(rows.length * columns);
  rows.forEach((vectors, row) => {
    let at = row * columns;
    for (const vector of vectors) {
      values.set(vector, at);
      at += vector.length;
    }
  });
  return { rows: list.length, columns, values };
}

function fit(
  train: readonly Utterance[],
  layers: LayerSet,
  strength: number,
  options: ProbeOptions,
): Promise<LinearModel> {
  const { labels, threads, signal } = options;
  const classes = train.map(({ label }) => labels.indexOf(label));
  const how = { strength, classes: labels.length, threads, ...(signal ? { signal } : {}) };
  return logisticRegression(tableOf(train, layers, options), classes, how);
}

/** Mean and deviation of every feature over frames, from [layers, frames, features]. */
export function pool({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Pooled {
  const [layers = 0, frames = 0, dim = 0] = shape;
  return Array.from({ length: layers }, (_, layer) => {
    const out = new Float32Array(2 * dim);
    for (let d = 0; d < dim; d++) {
      const at = (frame: number): number => data[(layer * frames + frame) * dim + d] ?? 0;
      let mean = 0;
      for (let frame = 0; frame < frames; frame++) mean += at(frame) / frames;
      let square = 0;
      for (let frame = 0; frame < frames; frame++) square += (at(frame) - mean) ** 2 / frames;
      out[d] = mean;
      out[dim + d] = Math.sqrt(square);
    }
    return out;
  });
}
