import { join } from 'node:path';
import { isInputError, readText, writeFileWhole } from '@ser/files';
import type { Fold, Utterance } from '@ser/datasets';
import type { Encoder } from '@ser/frontend-wavlm';
import { sampleRate } from '../data/plan';
import { storedWave, type StoredWave } from '../data/waves';
import { argmax } from '../metrics';
import type { Judgement } from '../run/evaluate';
import { columnsOf } from './columns';
import { jsonLines, readJsonLines } from './json-lines';
import { asEmbedding, type AttentionLine, type EmbeddingLine, type PredictionLine } from './run-files';

/** What the writers below need to know of a fold. */
interface FoldOutput {
  readonly fold: Pick<Fold, 'index' | 'train' | 'test'> & Partial<Pick<Fold, 'testSets'>>;
  readonly labels: readonly string[];
  readonly waves: ReadonlyMap<string, StoredWave>;
  readonly dir: string;
}

/** One row per test utterance; that each was evaluated exactly once is checked here. */
export async function writePredictions(
  {
    fold,
    labels,
    dir,
  }: Pick<FoldOutput, 'labels' | 'dir'> & {
    readonly fold: Pick<Fold, 'index' | 'test'> & Partial<Pick<Fold, 'testSets'>>;
  },
  judgements: readonly Pick<Judgement, 'id' | 'probabilities'>[],
): Promise<void> {
  const byId = new Map(judgements.map((judgement) => [judgement.id, judgement]));
  const sets = fold.testSets?.flatMap(({ name, utterances }) => utterances.map(({ id }) => [id, name] as const));
  const testSets = new Map(sets);
  const rows = fold.test.map((utterance): PredictionLine => {
    const { id, speaker, label } = utterance;
    const judgement = byId.get(id);
    if (!judgement || byId.size !== judgements.length) throw new Error(`"${id}" was not evaluated exactly once`);
    const { probabilities } = judgement;
    const columns = columnsOf(utterance);
    const testSet = testSets.get(id);
    return {
      id,
      fold: fold.index,
      speaker,
      label,
      predicted: labels[argmax(probabilities)] ?? '',
      probabilities,
      ...(Object.keys(columns).length > 0 ? { columns } : {}),
      ...(testSet === undefined ? {} : { testSet }),
    };
  });
  await writeFileWhole(join(dir, 'predictions.jsonl'), jsonLines(rows));
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
  const sides = { train: spread(train, embedded), test: spread(output.fold.test, embedded) };
  if (await holdsEmbeddings(path, [...sides.train, ...sides.test])) return;
  const rows = [
    ...embeddingRows(output, 'before', 'train', await evaluate(sides.train)),
    ...embeddingRows(output, 'before', 'test', await evaluate(sides.test)),
  ];
  await writeFileWhole(path, jsonLines(rows));
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
  const before = await readText(join(output.dir, 'embeddings-before.jsonl'));
  await writeFileWhole(join(output.dir, 'embeddings.jsonl'), before + jsonLines(rows));
}

/** Whether a file has embeddings of exactly these utterances. One that is damaged or of others is made anew. */
async function holdsEmbeddings(path: string, utterances: readonly Utterance[]): Promise<boolean> {
  try {
    const lines = await readJsonLines(path);
    const ids = lines?.map(({ value, where }) => asEmbedding(value, where).id);
    return ids !== undefined && ids.join('\n') === utterances.map(({ id }) => id).join('\n');
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
}

function embeddingRows(
  { fold }: FoldOutput,
  stage: EmbeddingLine['stage'],
  split: EmbeddingLine['split'],
  judgements: readonly Judgement[],
): EmbeddingLine[] {
  const label = new Map([...fold.train, ...fold.test].map((utterance) => [utterance.id, utterance.label]));
  return judgements.map(({ id, embedding }) => {
    return { id, stage, split, label: label.get(id) ?? '', z: embedding.map((x) => Number(x.toPrecision(6))) };
  });
}

/** Attention of four test utterances: the two most and the two least certain of their true class. */
export async function writeAttention(
  { waves, dir }: FoldOutput,
  judgements: readonly Judgement[],
  labelOf: (id: string) => number,
  encoder: Pick<Encoder, 'frameCount'>,
): Promise<void> {
  const certainty = ({ id, probabilities }: Judgement): number => probabilities[labelOf(id)] ?? 0;
  const sorted = [...judgements].sort((a, b) => certainty(b) - certainty(a));
  const rows = [...new Set([...sorted.slice(0, 2), ...sorted.slice(-2)])].map(({ id, attention }): AttentionLine => {
    const { audio, trimStart, samples, start: from = 0 } = storedWave(waves, id);
    const start = from + trimStart / sampleRate;
    const weights = attention.map((x) => Number(x.toPrecision(5)));
    return { id, audio, start, end: start + samples / sampleRate, frameRate: frameRate(encoder), weights };
  });
  await writeFileWhole(join(dir, 'attention.jsonl'), jsonLines(rows));
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
