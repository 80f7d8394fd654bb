import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { hashOf } from '../record/fingerprint';
import type { Heard } from '../record/heard';
import { readModelCard, type ModelCardData } from '../record/model-file';
import { asHeard } from '../record/run-files';
import { describeExported, foldsOf } from '../inference/open-recognizer';
import { modelFile } from '../inference/model-path';
import { trainingRecord } from '../inference/training-record';
import { fileHash } from '../run/fingerprint';
import { InputError } from '@ser/files';

/** One file of a model. */
export interface Member {
  readonly file: string;
  /** What a fold's model says of itself; undefined of an exported one. */
  readonly card?: ModelCardData;
  readonly trained: Trained;
}

/** What is known of the training of a model. */
export interface Trained {
  readonly corpus?: string;
  readonly heard?: Heard;
  readonly utterances?: number;
  readonly classes?: Readonly<Record<string, number>>;
}

/** A model that is to be tested: an exported file, a fold, or the folds of a run together. */
export interface Subject {
  /** For the name of the result. */
  readonly name: string;
  readonly labels: readonly string[];
  /** Shortest recording in seconds, where it says so without being opened. */
  readonly shortest?: number;
  readonly members: readonly Member[];
  /** Over its files. */
  readonly sha256: string;
}

/**
 * Looks at a model without opening it.
 * @throws {InputError} when it is not there, or the folds of a run do not have the same labels
 */
export async function readSubject(path: string): Promise<Subject> {
  const folds = foldsOf(path);
  const exported = path.endsWith('.onnx');
  const files = exported ? [path] : (folds.length > 0 ? folds : [path]).map(modelFile);
  const read: Read[] = [];
  for (const file of files) read.push(exported ? await exportedMember(file) : await trainedMember(file));
  const { labels = [], shortest } = read[0] ?? {};
  if (read.some((other) => other.labels.join('\n') !== labels.join('\n')))
    throw new InputError(`${path}: its folds do not have the same labels`);
  const hashes: string[] = [];
  for (const file of files) hashes.push(await fileHash(file));
  return {
    name: nameOf(path),
    labels,
    ...(shortest === undefined ? {} : { shortest }),
    members: read.map(({ member }) => member),
    sha256: hashOf(hashes),
  };
}

type Read = Pick<Subject, 'labels' | 'shortest'> & { readonly member: Member };

async function trainedMember(file: string): Promise<Read> {
  const card = await readModelCard(file);
  const record = await trainingRecord(card.config, card.labels, dirname(file), card.heard);
  const { fold, allData, heard, trainClasses: classes } = record;
  const utterances = fold?.trainUtterances ?? allData?.utterances;
  return {
    labels: card.labels,
    member: {
      file,
      card,
      trained: {
        corpus: record.corpus.name,
        ...(heard ? { heard } : {}),
        ...(utterances === undefined ? {} : { utterances }),
        ...(classes ? { classes } : {}),
      },
    },
  };
}

async function exportedMember(file: string): Promise<Read> {
  const { labels, training = {}, minSamples, sampleRate } = await describeExported(file);
  const { corpus, heard } = training;
  const name = typeof corpus === 'object' && corpus !== null && 'name' in corpus ? corpus.name : undefined;
  return {
    labels,
    shortest: minSamples / sampleRate,
    member: {
      file,
      trained: {
        ...(typeof name === 'string' ? { corpus: name } : {}),
        ...(heard === undefined ? {} : { heard: asHeard(heard, file) }),
      },
    },
  };
}

/** `runs/own/fold-1` → `own-fold-1`, `emotion.onnx` → `emotion`. */
function nameOf(path: string): string {
  const folder = resolve(path.endsWith('model.safetensors') ? dirname(path) : path);
  const isFold = existsSync(resolve(folder, 'fold.json'));
  const words = isFold ? [basename(dirname(folder)), basename(folder)] : [basename(folder, '.onnx')];
  return words.join('-');
}
