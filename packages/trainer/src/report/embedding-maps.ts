import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TSNE } from '@keckelt/tsne';
import { mean, silhouette } from 'simple-statistics';
import { InputError, isInputError, readJsonIfThere, writeFileWhole } from '@ser/files';
import { normal, seeded, shuffled } from '../random';
import { readJsonLines } from '../record/json-lines';
import { asEmbedding, type EmbeddingLine } from '../record/run-files';

/** One of the four drawings of Figure 2. */
export interface EmbeddingPanel {
  readonly stage: EmbeddingLine['stage'];
  readonly split: EmbeddingLine['split'];
  /** Embeddings in the file; `points` is a seeded sample of them. */
  readonly total: number;
  /** Mean silhouette of the sampled z by class, in [-1, 1]: how far apart the classes are in the 64-d space itself. */
  readonly silhouette: number | null;
  readonly points: readonly { readonly id: string; readonly label: string; readonly x: number; readonly y: number }[];
}

export interface EmbeddingMaps {
  readonly fold: number;
  readonly panels: readonly EmbeddingPanel[];
}

const settings = { version: 2, sample: 400, perplexity: 30, iterations: 400, epsilon: 10, seed: 1212 };

/**
 * t-SNE of a fold's embeddings, before and after training, of the training and of the test utterances. Deterministic;
 * kept in `tsne.json` beside the embeddings, so that rewriting a report does not compute it again.
 *
 * @returns undefined when the fold has no `embeddings.jsonl`
 */
export async function embeddingMaps(foldDir: string, fold: number): Promise<EmbeddingMaps | undefined> {
  const path = join(foldDir, 'embeddings.jsonl');
  const lines = (await readJsonLines(path))?.map(({ value, where }) => asEmbedding(value, where));
  if (lines === undefined || lines.length === 0) return undefined;
  const width = lines[0]?.z.length;
  const odd = lines.find((line) => line.z.length !== width);
  if (odd !== undefined) throw new InputError(`${path}: ${odd.id} has ${odd.z.length} dimensions, expected ${width}`);
  const key = createHash('sha256')
    .update(JSON.stringify([settings, lines]))
    .digest('hex');
  const cachePath = join(foldDir, 'tsne.json');
  const cached = await readCache(cachePath, key);
  if (cached !== undefined) return { fold, panels: cached };
  const panels: EmbeddingPanel[] = [];
  for (const stage of ['before', 'after'] as const) {
    for (const split of ['train', 'test'] as const) {
      const panel = await project(lines.filter((line) => line.stage === stage && line.split === split));
      if (panel !== undefined) panels.push({ stage, split, ...panel });
    }
  }
  await writeFileWhole(cachePath, JSON.stringify({ key, panels }));
  return { fold, panels };
}

async function project(lines: readonly EmbeddingLine[]): Promise<Omit<EmbeddingPanel, 'stage' | 'split'> | undefined> {
  // By name first: the drawing must not depend on the order in which a run happened to write its utterances.
  const sorted = [...lines].sort((a, b) => (a.id < b.id ? -1 : 1));
  const sample = shuffled(sorted, seeded('t-SNE sample')).slice(0, settings.sample);
  if (sample.length < 5) return undefined;
  const vectors = sample.map(({ z }) => [...z]);
  const positions = mapped(vectors);
  const points = sample.map(({ id, label }, index) => {
    const [x = NaN, y = NaN] = positions[index] ?? [];
    return { id, label, x: Number(x.toFixed(2)), y: Number(y.toFixed(2)) };
  });
  // Vectors that are all the same have no map.
  if (!points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))) return undefined;
  return { total: lines.length, silhouette: meanSilhouette(vectors, sample), points };
}

/** t-SNE into the plane, [vectors, 2]. The library draws its first positions from Math.random: seeded ones replace them. */
function mapped(vectors: readonly number[][]): readonly (readonly number[])[] {
  const perplexity = Math.min(settings.perplexity, Math.floor((vectors.length - 1) / 3));
  const tsne = new TSNE({ perplexity, epsilon: settings.epsilon, dim: 2 });
  tsne.initDataRaw(vectors.map((vector) => [...vector]));
  const positions = tsne.getSolution() as number[][]; // the library says any[]
  const random = seeded('t-SNE', settings.seed);
  for (const position of positions) for (const axis of [0, 1]) position[axis] = normal(random) * 1e-4;
  for (let iteration = 0; iteration < settings.iterations; iteration++) tsne.step();
  return positions;
}

function meanSilhouette(vectors: number[][], lines: readonly EmbeddingLine[]): number | null {
  const present = [...new Set(lines.map(({ label }) => label))];
  if (present.length < 2) return null;
  const labels = lines.map(({ label }) => present.indexOf(label));
  const value = mean(silhouette(vectors, labels));
  return Number.isFinite(value) ? value : null;
}

/** The panels that were computed from the same embeddings with the same settings, if any. */
async function readCache(path: string, key: string): Promise<EmbeddingPanel[] | undefined> {
  try {
    const cached = await readJsonIfThere(path);
    if (typeof cached !== 'object' || cached === null || !('key' in cached) || !('panels' in cached)) return undefined;
    return cached.key === key && isPanels(cached.panels) ? cached.panels : undefined;
  } catch (error) {
    if (isInputError(error)) return undefined; // it is made anew
    throw error;
  }
}

/** The key covers the content; only this module writes the file. */
function isPanels(value: unknown): value is EmbeddingPanel[] {
  return (
    Array.isArray(value) && value.every((panel) => typeof panel === 'object' && panel !== null && 'points' in panel)
  );
}
