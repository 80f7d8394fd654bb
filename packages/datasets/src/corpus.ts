import type { CorpusCard } from './card';

/** One labelled stretch of speech by one speaker. */
export interface Utterance {
  /** Unique in the corpus; predictions and reports name an utterance by it. */
  readonly id: string;
  /** Path of the audio file. */
  readonly audio: string;
  /** One of the corpus's `labels`. */
  readonly label: string;
  readonly speaker: string;
  readonly session?: string;
  /** The manifest's `split` column. */
  readonly split?: string;
  /** Where the utterance starts and ends in the file, in seconds; without them, the whole file. */
  readonly start?: number;
  readonly end?: number;
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
  /** What was left out and why, and with `allowIncomplete` what is missing: a line each. */
  readonly notes: readonly string[];
}

/** An utterance as a reader found it, its label still the corpus's own. */
export interface RawUtterance extends Omit<Utterance, 'label'> {
  readonly rawLabel: string;
  /** Where the label comes from, for error messages: a file, with its line where it has lines. */
  readonly origin: string;
}

/** What a corpus reader brings back. */
export interface Reading {
  readonly utterances: readonly RawUtterance[];
  /** What it looked for and where: the text of the message when counts do not match the card. */
  readonly lookedFor: string;
  /** Files left out on purpose, repeated or missing: a line each. */
  readonly notes: readonly string[];
}

/** A recording file that goes with an utterance id. */
export const audioExtension = /\.(wav|wave|flac)$/i;
