import type { Utterance } from '@ser/datasets';
import { argmax } from '../metrics';
import { logisticRegression, type Table } from './logistic-regression';

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
  readonly note: (line: string) => void;
}

export interface ProbeResult {
  /** [test][classes]. */
  readonly probabilities: readonly (readonly number[])[];
  readonly layers: LayerSet;
  readonly strength: number;
  /** Accuracy on the inner validation groups, by which layers and strength were chosen; NaN when there was no choice. */
  readonly innerAccuracy: number;
}

const strengths = [0.001, 0.01, 0.1];
const innerSplits = 4;

/**
 * The layers that are tried: the last one, the one three quarters up, and up to four of the upper three quarters together.
 * `layers` is the number of blocks; 0 is the input of the first.
 */
export function layerSets(layers: number): LayerSet[] {
  const from = Math.max(1, Math.ceil(layers / 4) + (layers > 3 ? 1 : 0));
  const upper = Array.from({ length: layers - from + 1 }, (_, i) => from + i);
  const every = Math.max(1, (upper.length - 1) / 3);
  const spread = upper.length <= 4 ? upper : [0, 1, 2, 3].map((i) => upper[Math.round(i * every)] ?? layers);
  const sets: LayerSet[] = [[layers], [Math.max(1, Math.round((3 * layers) / 4))], spread];
  return sets.filter((set, i) => sets.findIndex((other) => String(other) === String(set)) === i);
}

/**
 * Linear probe: logistic regression on mean and deviation of the frames of a frozen encoder. Layers and regularisation are
 * chosen on inner splits of the training side by speaker; the test side is only predicted.
 */
export async function probe(
  train: readonly Utterance[],
  test: readonly Utterance[],
  layers: number,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const { labels, groupOf, note } = options;
  const groups = [...new Set(train.map(groupOf))].sort();
  const splits = groups.length < 2 ? [] : innerGroups(groups);
  const sets = layerSets(layers);
  const fallback = { layers: sets.at(-1) ?? [layers], strength: 0.01, innerAccuracy: NaN };
  let best = fallback;
  for (const set of splits.length > 0 ? sets : []) {
    for (const strength of strengths) {
      let right = 0;
      for (const held of splits) {
        const inner = train.filter((utterance) => !held.has(groupOf(utterance)));
        const outer = train.filter((utterance) => held.has(groupOf(utterance)));
        const rows = await fitted(inner, outer, set, strength, options);
        right += rows.filter((row, i) => labels[argmax(row)] === outer[i]?.label).length;
      }
      const innerAccuracy = right / train.length;
      if (!(innerAccuracy <= best.innerAccuracy)) best = { layers: set, strength, innerAccuracy };
    }
  }
  const chosen = best;
  note(`linear probe: layers ${chosen.layers.join(', ')}, C = ${chosen.strength}`);
  return { ...chosen, probabilities: await fitted(train, test, chosen.layers, chosen.strength, options) };
}

/** Speakers in groups that are held out in turn. */
function innerGroups(groups: readonly string[]): Set<string>[] {
  const count = Math.min(innerSplits, groups.length);
  return Array.from({ length: count }, (_, split) => new Set(groups.filter((_, i) => i % count === split)));
}

async function fitted(
  train: readonly Utterance[],
  test: readonly Utterance[],
  layers: LayerSet,
  strength: number,
  { labels, pooled, threads, signal }: ProbeOptions,
): Promise<number[][]> {
  const table = (list: readonly Utterance[]): Table => {
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
  };
  const classes = train.map(({ label }) => labels.indexOf(label));
  const classify = await logisticRegression(table(train), classes, {
    strength,
    classes: labels.length,
    threads,
    ...(signal ? { signal } : {}),
  });
  return classify(table(test));
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
