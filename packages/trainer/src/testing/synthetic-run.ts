import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normal, seeded } from '../random';
import type { AttentionLine, EmbeddingLine, FoldResult, MetricRow, PredictionLine } from '../record/run-files';

export interface SyntheticRun {
  readonly labels?: readonly string[];
  readonly folds?: number;
  /** Folds that stopped on the way: metrics, but neither predictions nor fold.json. */
  readonly unfinished?: readonly number[];
  /** Folds that have no folder. */
  readonly missing?: readonly number[];
  readonly perFold?: number;
  readonly epochs?: number;
  /** Chance of a right prediction. */
  readonly skill?: number;
  readonly seed?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  /** More of a prediction, and of `fold.json`. */
  readonly line?: (line: PredictionLine, index: number) => Partial<PredictionLine>;
  readonly file?: (fold: number) => Partial<FoldResult>;
  /** Adds embeddings to fold 1, so many a part. */
  readonly embeddings?: number;
  /** Adds attention for so many utterances to fold 1. */
  readonly attention?: number;
}

const ravdess = ['neutral', 'calm', 'happy', 'sad', 'angry', 'fearful', 'disgust', 'surprised'];

/** Writes a run folder as the trainer does, with made-up results, for tests. */
export async function writeSyntheticRun(dir: string, options: SyntheticRun = {}): Promise<void> {
  const { labels = ravdess, folds = 3, unfinished = [], missing = [], config = {} } = options;
  await mkdir(dir, { recursive: true });
  const settings = {
    dataset: 'ravdess',
    encoder: 'whisper',
    pool: 'flam',
    mix: 'eam',
    losses: ['kl', 'focal', 'center', 'supcon'],
    folds: Array.from({ length: folds }, (_, index) => index + 1),
    seed: options.seed ?? 1,
    lr: 1e-4,
    labels,
    command: 'ser cv --dataset=ravdess --encoder=whisper',
    versions: { '@ser/trainer': '0.1.0', node: '20.20.0' },
    ...config,
  };
  await writeFile(join(dir, 'config.json'), JSON.stringify(settings, null, 2));
  for (let fold = 1; fold <= folds; fold++) {
    if (!missing.includes(fold))
      await writeFold(join(dir, `fold-${fold}`), fold, labels, unfinished.includes(fold), options);
  }
}

async function writeFold(
  dir: string,
  fold: number,
  labels: readonly string[],
  unfinished: boolean,
  options: SyntheticRun,
): Promise<void> {
  const {
    perFold = 60,
    epochs = 6,
    skill = 0.75,
    seed = 1,
    line: more = () => ({}),
    file: facts = () => ({}),
  } = options;
  await mkdir(dir, { recursive: true });
  const metrics = Array.from({ length: unfinished ? 2 : epochs }, (_, index) => epochRow(fold, index + 1));
  await writeLines(join(dir, 'metrics.jsonl'), metrics);
  if (fold === 1) await writeExtras(dir, labels, options);
  if (unfinished) return;
  // Truth and confidence from one stream for every run, mistakes from the run's own: runs can be compared.
  const shared = seeded('truth', fold);
  const own = seeded('mistakes', seed, fold);
  const predictions = Array.from({ length: perFold }, (_, index): PredictionLine => {
    const truth = Math.floor(shared() * labels.length);
    const right = own() < skill;
    const predicted = right ? truth : (truth + 1 + Math.floor(own() * (labels.length - 1))) % labels.length;
    const confidence = 0.45 + 0.55 * own();
    const probabilities = labels.map((_, at) =>
      at === predicted ? confidence : (1 - confidence) / (labels.length - 1),
    );
    const speaker = String(4 * (fold - 1) + 1 + (index % 4)).padStart(2, '0');
    const id = `Actor_${speaker}/03-01-${String(truth + 1).padStart(2, '0')}-${fold}-${index}`;
    const line = { id, fold, speaker, label: labels[truth] ?? '', predicted: labels[predicted] ?? '', probabilities };
    return { ...line, ...more(line, index) };
  });
  await writeLines(join(dir, 'predictions.jsonl'), predictions);
  const testClasses = Object.fromEntries(
    labels.map((label) => [label, predictions.filter((line) => line.label === label).length]),
  );
  const file: FoldResult = {
    fold,
    name: `fold ${fold}`,
    testGroups: [...new Set(predictions.map((line) => line.speaker))],
    trainGroups: Array.from({ length: 24 }, (_, i) => String(i + 1).padStart(2, '0')).filter(
      (speaker) => Math.ceil(Number(speaker) / 4) !== fold,
    ),
    validationGroups: [],
    trainUtterances: 5 * perFold,
    testUtterances: perFold,
    seconds: 100 + 7 * fold,
    wa: predictions.filter((line) => line.label === line.predicted).length / perFold,
    ua: 0.7,
    epoch: 20,
    engine: 'onnx-cpu',
    versions: {},
    labels,
    trainClasses: Object.fromEntries(labels.map((label) => [label, 5 * (testClasses[label] ?? 0)])),
    testClasses,
    ...facts(fold),
  };
  await writeFile(join(dir, 'fold.json'), JSON.stringify(file));
}

function epochRow(fold: number, epoch: number): MetricRow {
  const decayed = (start: number, rate: number): { raw: number; weighted: number } => {
    const raw = start * Math.exp(-rate * epoch) * (1 + 0.05 * Math.sin(fold + epoch));
    return { raw, weighted: raw / start };
  };
  const components = {
    kl: decayed(2.1, 0.3),
    focal: decayed(1.6, 0.35),
    center: decayed(40, 0.2),
    supcon: decayed(7.5, 0.05),
  };
  const rate = (7 / 8) ** (epoch - 1);
  return {
    type: 'epoch',
    fold,
    epoch,
    step: 75 * epoch,
    loss: Object.values(components).reduce((sum, { weighted }) => sum + weighted, 0),
    components,
    learningRates: { model: 1e-4 * rate, centers: 5e-3 * rate, encoder: 3e-5 * rate },
    seconds: 12,
  };
}

async function writeExtras(dir: string, labels: readonly string[], options: SyntheticRun): Promise<void> {
  const { embeddings = 0, attention = 0 } = options;
  const random = seeded('extras');
  if (embeddings > 0) {
    const lines = (['before', 'after'] as const).flatMap((stage) =>
      (['train', 'test'] as const).flatMap((split) =>
        Array.from({ length: embeddings }, (_, index): EmbeddingLine => {
          const label = index % labels.length;
          const spread = stage === 'before' ? 0.3 : 3;
          const z = Array.from({ length: 64 }, (_, at) => normal(random) + (at % labels.length === label ? spread : 0));
          return { id: `${split}-${index}`, stage, split, label: labels[label] ?? '', z };
        }),
      ),
    );
    await writeLines(join(dir, 'embeddings.jsonl'), lines);
  }
  if (attention > 0) {
    const lines = Array.from({ length: attention }, (_, index): AttentionLine => {
      const frames = 120 + 10 * index;
      const scores = Array.from({ length: frames }, (_, at) => Math.exp(3 * Math.sin(at / 9 + index)));
      const total = scores.reduce((sum, score) => sum + score, 0);
      return {
        id: `Actor_01/utterance-${index}`,
        audio: `corpus/utterance-${index}.wav`,
        frameRate: 50,
        weights: scores.map((score) => score / total),
      };
    });
    await writeLines(join(dir, 'attention.jsonl'), lines);
  }
}

async function writeLines(path: string, lines: readonly object[]): Promise<void> {
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
