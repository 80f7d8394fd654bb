import { createDecoder } from './audio/decoder';
import type { AudioReport } from './audio/inspect-audio';
import { shortestSeconds } from './audio/leave-out-short';
import type { Corpus, Utterance } from './corpus';
import { type FoldOptions, type FoldParts, foldParts, makeFold } from './folds';
import { isInputError } from '@ser/files';
import { byText, countBy } from './order';
import { assertNoSharedAudio, assertNoSharedSamples } from './shared-audio';
import { classCounts, type FoldStatistics, foldStatistics } from './statistics';

/** Utterances with the same samples. */
export interface Duplicate {
  readonly ids: readonly string[];
  /** More than one when the same audio carries different labels. */
  readonly labels: readonly string[];
  /** The folds in which they are on two sides: train, test, or the development set. */
  readonly leaks: readonly number[];
}

/** What `ser data check` finds. */
export interface CorpusCheck {
  readonly name: string;
  readonly root: string;
  readonly utterances: number;
  readonly classes: Readonly<Record<string, number>>;
  readonly speakers: Readonly<Record<string, number>>;
  readonly sessions: Readonly<Record<string, number>>;
  /** Empty when the corpus cannot be split. */
  readonly folds: readonly FoldStatistics[];
  /** Why the folds cannot be made, or why training refuses them. */
  readonly foldFault?: string;
  /** Of the utterances that can be read, in seconds. */
  readonly duration: {
    readonly total: number;
    readonly quantiles: Readonly<Record<'0' | '5' | '25' | '50' | '75' | '95' | '100', number>>;
  };
  /** Files per sample rate and channel count, such as "48000 Hz, 2 channels". */
  readonly formats: Readonly<Record<string, number>>;
  readonly duplicates: readonly Duplicate[];
  /** Ids of utterances whose peak is below -60 dB. */
  readonly silent: readonly string[];
  /** Ids of utterances with three samples or more in a row at full scale, and how many there are. */
  readonly clipped: readonly { readonly id: string; readonly samples: number }[];
  /** Utterances below 25 ms, which no encoder can use, with their seconds. */
  readonly short: readonly { readonly id: string; readonly seconds: number }[];
  /** Ids of utterances in WAV files whose header states up to 44 bytes more than are there: its own length. */
  readonly overstated: readonly string[];
  readonly unreadable: readonly string[];
  readonly notes: readonly string[];
}

const silence = 1e-3;

/** Decodes every utterance and says what is there: counts, durations, duplicates, and what is wrong with files. */
export async function checkCorpus(
  corpus: Corpus,
  options: FoldOptions & {
    readonly workers?: number;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<CorpusCheck> {
  const { reports, unreadable } = await inspectAll(corpus, options);
  const { statistics, parts, fault } = await splits(corpus, reports, options);
  const seconds = [...reports.values()].map((report) => report.seconds).sort((a, b) => a - b);
  const quantile = (share: number): number => seconds[Math.round(share * (seconds.length - 1))] ?? 0;
  const readable = corpus.utterances.filter((u) => reports.has(u.id));
  const report = (utterance: Utterance): AudioReport => reports.get(utterance.id) as AudioReport;
  return {
    name: corpus.card.name,
    root: corpus.root,
    utterances: corpus.utterances.length,
    classes: classCounts(corpus.utterances, corpus.labels),
    speakers: Object.fromEntries(countBy(corpus.utterances, (u) => u.speaker)),
    sessions: Object.fromEntries(
      countBy(
        corpus.utterances.filter((u) => u.session !== undefined),
        (u) => u.session ?? '',
      ),
    ),
    folds: statistics,
    ...(fault !== undefined && { foldFault: fault }),
    duration: {
      total: seconds.reduce((sum, s) => sum + s, 0),
      quantiles: {
        0: quantile(0),
        5: quantile(0.05),
        25: quantile(0.25),
        50: quantile(0.5),
        75: quantile(0.75),
        95: quantile(0.95),
        100: quantile(1),
      },
    },
    formats: Object.fromEntries(
      countBy(
        readable,
        (u) => `${report(u).sampleRate} Hz, ${report(u).channels} channel${report(u).channels === 1 ? '' : 's'}`,
      ),
    ),
    duplicates: duplicates(readable, report, parts),
    silent: readable.filter((u) => report(u).peak < silence).map((u) => u.id),
    clipped: readable.filter((u) => report(u).clipped > 0).map((u) => ({ id: u.id, samples: report(u).clipped })),
    short: readable
      .filter((u) => report(u).seconds < shortestSeconds)
      .map((u) => ({ id: u.id, seconds: report(u).seconds })),
    overstated: readable.filter((u) => report(u).isOverstated).map((u) => u.id),
    unreadable: unreadable.sort(byText),
    notes: corpus.notes,
  };
}

async function inspectAll(
  corpus: Corpus,
  options: Parameters<typeof checkCorpus>[1] = {},
): Promise<{ reports: Map<string, AudioReport>; unreadable: string[] }> {
  const reports = new Map<string, AudioReport>();
  const unreadable: string[] = [];
  const decoder = createDecoder(options.workers === undefined ? {} : { workers: options.workers });
  let done = 0;
  try {
    await Promise.all(
      corpus.utterances.map(async ({ id, audio, start, end }) => {
        try {
          reports.set(id, await decoder.inspect(audio, { start, end }));
        } catch (error) {
          if (!isInputError(error)) throw error;
          unreadable.push(error.message);
        }
        options.onProgress?.(++done, corpus.utterances.length);
      }),
    );
  } finally {
    await decoder.close();
  }
  return { reports, unreadable };
}

/** The folds, refused for the same reasons as in training. */
async function splits(
  corpus: Corpus,
  reports: ReadonlyMap<string, AudioReport>,
  options: FoldOptions,
): Promise<{ statistics: FoldStatistics[]; parts: readonly FoldParts[]; fault?: string }> {
  let parts: readonly FoldParts[] = [];
  let statistics: FoldStatistics[] = [];
  try {
    parts = foldParts(corpus);
    const folds = parts.map((part) => makeFold(part, options));
    statistics = folds.map((fold) => foldStatistics(fold, corpus));
    await assertNoSharedAudio(folds);
    const audible = [...reports].filter(([, { peak }]) => peak > 0);
    assertNoSharedSamples(folds, new Map(audible.map(([id, { digest }]) => [id, digest])));
    return { statistics, parts };
  } catch (error) {
    if (!isInputError(error)) throw error;
    return { statistics, parts, fault: error.message };
  }
}

function duplicates(
  utterances: readonly Utterance[],
  report: (utterance: Utterance) => AudioReport,
  folds: readonly FoldParts[],
): Duplicate[] {
  const sides = folds.map(({ index, train, dev = [], test }) => ({
    index,
    of: new Map(
      Object.entries({ train, dev, test }).flatMap(([side, list]) => list.map(({ id }) => [id, side] as const)),
    ),
  }));
  const byDigest = new Map<string, Utterance[]>();
  for (const utterance of utterances) {
    const { digest } = report(utterance);
    byDigest.set(digest, [...(byDigest.get(digest) ?? []), utterance]);
  }
  return [...byDigest.values()]
    .filter((same) => same.length > 1)
    .map((same) => ({
      ids: same.map((u) => u.id),
      labels: [...new Set(same.map((u) => u.label))],
      leaks: sides
        .filter(({ of }) => new Set(same.flatMap((u) => of.get(u.id) ?? [])).size > 1)
        .map(({ index }) => index),
    }));
}
