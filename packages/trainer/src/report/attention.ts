import { join } from 'node:path';
import wav from 'node-wav';
import { messageOf } from '@ser/files';
import { readJsonLines } from '../record/json-lines';
import { asAttention, type AttentionLine } from '../record/run-files';
import type { RunData } from '../record/read-run';

/** Mono 16 kHz samples of (a part of) an audio file. */
export type ReadAudio = (
  path: string,
  part: { readonly start?: number; readonly end?: number },
) => Promise<Float32Array>;

/** An utterance that the report shows: its weights, and its sound where the file could be read. */
export interface AttendedUtterance extends AttentionLine {
  readonly fold: number;
  /** Samples at 16 kHz, at most `longest` seconds. */
  readonly samples?: Float32Array;
  /** Why there is no sound. */
  readonly problem?: string;
}

export const sampleRate = 16_000;
/** Utterances in a report, and seconds of each: the page stays below a few megabytes. */
const most = 6;
const longest = 10;

/** Reads the attention weights of a run and the sound of the utterances chosen from them, the folds taking turns. */
export async function attendedUtterances(run: RunData, readAudio: ReadAudio): Promise<AttendedUtterance[]> {
  const folds = await Promise.all(
    run.folds.map(async ({ dir, index }) => {
      const lines = (await readJsonLines(join(dir, 'attention.jsonl'))) ?? [];
      return lines.map(({ value, where }) => ({ ...asAttention(value, where), fold: index }));
    }),
  );
  const rounds = Math.max(0, ...folds.map((lines) => lines.length));
  const turns = Array.from({ length: rounds }, (_, round) => folds.flatMap((lines) => lines.slice(round, round + 1)));
  return Promise.all(
    turns
      .flat()
      .slice(0, most)
      .map((line) => withSound(line, readAudio)),
  );
}

async function withSound(line: AttentionLine & { fold: number }, readAudio: ReadAudio): Promise<AttendedUtterance> {
  try {
    const { start = 0, end = Infinity } = line;
    const part = { start, end: Math.min(end, start + longest) };
    // The file may be shorter than the cut; a reader may refuse an end past it.
    const samples = await readAudio(line.audio, line.end === undefined && line.start === undefined ? {} : part);
    return { ...line, samples: samples.subarray(0, longest * sampleRate) };
  } catch (error) {
    return { ...line, problem: messageOf(error) };
  }
}

/** A WAV file as a data URI: mono, 16 bit, 16 kHz. */
export function wavUri(samples: Float32Array): string {
  const file = wav.encode([samples], { sampleRate, float: false, bitDepth: 16 });
  return `data:audio/wav;base64,${Buffer.from(file).toString('base64')}`;
}

/** Lowest and highest sample of each of `bins` equal stretches: the waveform as it is drawn. */
export function envelope(samples: Float32Array, bins: number): { low: number; high: number }[] {
  return Array.from({ length: bins }, (_, bin) => {
    let low = 0;
    let high = 0;
    const from = Math.floor((bin * samples.length) / bins);
    const to = Math.floor(((bin + 1) * samples.length) / bins);
    for (let index = from; index < to; index++) {
      const sample = samples[index] ?? 0;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    return { low, high };
  });
}
