import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fold, Utterance } from '@ser/datasets';
import type { Encoder } from '@ser/frontend-wavlm';
import { sampleRate } from '../data/plan';
import { storedWave, type StoredWave } from '../data/waves';
import { argmax, type Judgement } from '../run/evaluate';
import { jsonLines, writeAtomically } from './files';

/** What the writers below need to know of a fold. */
interface FoldOutput {
  readonly fold: Pick<Fold, 'index' | 'train' | 'test'>;
  readonly labels: readonly string[];
  readonly waves: ReadonlyMap<string, StoredWave>;
  readonly dir: string;
}

/** One row per test utterance; that each was evaluated exactly once is checked here. */
export function writePredictions({ fold, labels, dir }: FoldOutput, judgements: readonly Judgement[]): void {
  const byId = new Map(judgements.map((judgement) => [judgement.id, judgement]));
  const rows = fold.test.map(({ id, speaker, label }) => {
    const judgement = byId.get(id);
    if (!judgement || byId.size !== judgements.length) throw new Error(`"${id}" was not evaluated exactly once`);
    const { probabilities } = judgement;
    return { id, fold: fold.index, speaker, label, predicted: labels[argmax(probabilities)], probabilities };
  });
  writeAtomically(join(dir, 'predictions.jsonl'), jsonLines(rows));
}

/** Utterances of each split whose embeddings are kept for the report's t-SNE. */
const embedded = 150;

type Evaluate = (list: readonly Utterance[]) => Promise<Judgement[]>;

/** Embeddings of the untrained model; written before a checkpoint is loaded, so that a resumed run has them too. */
export async function embeddingsBefore(
  output: FoldOutput,
  train: readonly Utterance[],
  evaluate: Evaluate,
): Promise<void> {
  const path = join(output.dir, 'embeddings-before.jsonl');
  if (existsSync(path)) return;
  const rows = [
    ...embeddingRows(output, 'before', 'train', await evaluate(spread(train, embedded))),
    ...embeddingRows(output, 'before', 'test', await evaluate(spread(output.fold.test, embedded))),
  ];
  writeAtomically(path, jsonLines(rows));
}

/** Joins them with those of the trained model into `embeddings.jsonl`. */
export async function embeddingsAfter(
  output: FoldOutput,
  train: readonly Utterance[],
  test: readonly Judgement[],
  evaluate: Evaluate,
): Promise<void> {
  const shown = new Set(spread(output.fold.test, embedded).map(({ id }) => id));
  const rows = [
    ...embeddingRows(output, 'after', 'train', await evaluate(spread(train, embedded))),
    ...embeddingRows(
      output,
      'after',
      'test',
      test.filter(({ id }) => shown.has(id)),
    ),
  ];
  const before = readFileSync(join(output.dir, 'embeddings-before.jsonl'), 'utf8');
  writeAtomically(join(output.dir, 'embeddings.jsonl'), before + jsonLines(rows));
}

function embeddingRows({ fold }: FoldOutput, stage: string, split: string, judgements: readonly Judgement[]): object[] {
  const label = new Map([...fold.train, ...fold.test].map((utterance) => [utterance.id, utterance.label]));
  return judgements.map(({ id, embedding }) => {
    return { id, stage, split, label: label.get(id), z: embedding.map((x) => Number(x.toPrecision(6))) };
  });
}

/** Attention of four test utterances: the two most and the two least certain of their true class. */
export function writeAttention(
  { waves, dir }: FoldOutput,
  judgements: readonly Judgement[],
  labelOf: (id: string) => number,
  encoder: Pick<Encoder, 'frameCount'>,
): void {
  const certainty = ({ id, probabilities }: Judgement): number => probabilities[labelOf(id)] ?? 0;
  const sorted = [...judgements].sort((a, b) => certainty(b) - certainty(a));
  const rows = [...new Set([...sorted.slice(0, 2), ...sorted.slice(-2)])].map(({ id, attention }) => {
    const { audio, trimStart, samples, start: from = 0 } = storedWave(waves, id);
    const start = from + trimStart / sampleRate;
    const weights = attention.map((x) => Number(x.toPrecision(5)));
    return { id, audio, start, end: start + samples / sampleRate, frameRate: frameRate(encoder), weights };
  });
  writeAtomically(join(dir, 'attention.jsonl'), jsonLines(rows));
}

/** Frames a second, away from the edges. */
function frameRate(encoder: Pick<Encoder, 'frameCount'>): number {
  return (encoder.frameCount(20 * sampleRate) - encoder.frameCount(10 * sampleRate)) / 10;
}

/** `count` items evenly spread over a list, in its order. */
function spread<T>(items: readonly T[], count: number): T[] {
  const every = Math.max(1, items.length / count);
  return items.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every) || i === 0).slice(0, count);
}
