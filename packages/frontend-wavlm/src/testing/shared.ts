import { readFileSync } from 'node:fs';
import type { GoldenArray } from '../../../../tools/test-support/shared';

export interface WaveGolden {
  waves: GoldenArray[];
  cases: { length: number; frames: number; layers_before_final_norm: GoldenArray[]; output: GoldenArray }[];
  long: { length: number; frames: number; output_every_32nd: GoldenArray };
}

export interface WhisperGolden {
  wav: string;
  samples: number;
  frames: number;
  log_mel_every_16th: GoldenArray;
  output_every_16th: GoldenArray;
  hidden_3_every_16th: GoldenArray;
  hidden_mean_abs: number[];
}

/** A 16-bit mono WAV with a plain header, as the shared recordings are. */
export function readPcm16(path: string): Float32Array {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('data', 12, 'latin1');
  const size = bytes.readUInt32LE(at + 4);
  return Float32Array.from({ length: size / 2 }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i) / 32768);
}
