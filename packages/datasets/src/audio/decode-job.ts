import { isInputError, messageOf } from '@ser/files';
import type { Span } from './decode';
import { isEmptyAudio } from './empty-audio';
import { type AudioReport, inspectAudio } from './inspect-audio';
import { readWaveform } from './read-waveform';

/** Work for a decoder thread. */
export interface DecodeJob {
  readonly id: number;
  readonly task: 'read' | 'inspect';
  readonly path: string;
  readonly span: Span;
}

/** What comes back: a waveform, a report, or an error without its class, which does not survive the way. */
export type DecodeResult = { readonly id: number } & (
  | { readonly value: Float32Array | AudioReport }
  | { readonly error: string; readonly badInput: boolean; readonly isEmpty: boolean }
);

/** Does a job; errors are values. */
export async function runDecodeJob({ id, task, path, span }: DecodeJob): Promise<DecodeResult> {
  try {
    return { id, value: await (task === 'read' ? readWaveform(path, span) : inspectAudio(path, span)) };
  } catch (error) {
    return { id, error: messageOf(error), badInput: isInputError(error), isEmpty: isEmptyAudio(error) };
  }
}
