import type { CorpusCard } from './card';

/** One labelled stretch of speech by one speaker. */
export interface Utterance {
  /** Unique in the corpus; predictions and reports name an utterance by it. */
  readonly id: string;
  /** Path of the audio file. */
  readonly audio: string;
  /** One of the corpus's `labels`; of a distribution, the largest. */
  readonly label: string;
  /** [labels] The share of each label, where several people or a table of shares gave them; sums to 1. */
  readonly distribution?: readonly number[];
  readonly speaker: string;
  readonly session?: string;
  /** The `split` column of a table, or field of a pattern. */
  readonly split?: string;
  /** Where the utterance starts and ends in the file, in seconds; without them, the whole file. */
  readonly start?: number;
  readonly end?: number;
  /** Whatever else the corpus says of it, such as gender or sentence. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** A corpus as found on disk, with the labels of its card. */
export interface Corpus {
  readonly card: CorpusCard;
  /** The folder it was found in. */
  readonly root: string;
  /** The classes in the order of the model's outputs. */
  readonly labels: readonly string[];
  /** Sorted by id. */
  readonly utterances: readonly Utterance[];
  /** What was left out and why, what looks wrong, and with `allowIncomplete` what is missing: a line each. */
  readonly notes: readonly string[];
}

/** A label of the corpus's own and its weight: one for a single opinion. */
export type RawLabel = readonly [label: string, weight: number];

/** An utterance as a reader found it, its labels still the corpus's own. */
export interface RawUtterance extends Omit<Utterance, 'label' | 'distribution'> {
  readonly rawLabels: readonly RawLabel[];
  /** Where the label comes from, for error messages: a file, with its line where it has lines. */
  readonly origin: string;
}

/** What a corpus reader brings back. */
export interface Reading {
  readonly utterances: readonly RawUtterance[];
  /** What it looked for and where: the text of the message when counts do not match the card. */
  readonly lookedFor: string;
  /** Files left out on purpose or repeated: a line each. */
  readonly notes: readonly string[];
  /** Ids that have a label and no audio file. */
  readonly missing: readonly string[];
}
