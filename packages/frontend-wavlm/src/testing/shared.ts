import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Reference values and weights lie beside the repository, or where SER_SHARED says. */
const root = process.env['SER_SHARED'] ?? resolve(__dirname, '../../../../../shared');

/** A path there, or undefined when it is absent. */
export function shared(path: string): string | undefined {
  const full = resolve(root, path);
  return existsSync(full) ? full : undefined;
}

/** `describe` for tests that need a path there: skipped, with the reason, when it is absent. */
export function describeWith(path: string, name: string, tests: (full: string) => void): void {
  const full = shared(path);
  if (full) describe(name, () => tests(full));
  else
    describe.skip(`${name} (skipped: ../shared/${path} is absent; SER_SHARED names another place)`, () =>
      it('needs it', () => undefined));
}

interface NumberArray {
  shape: number[];
  data: number[];
}

export interface WaveGolden {
  waves: NumberArray[];
  cases: { length: number; frames: number; layers_before_final_norm: NumberArray[]; output: NumberArray }[];
  long: { length: number; frames: number; output_every_32nd: NumberArray };
}

export interface WhisperGolden {
  wav: string;
  samples: number;
  frames: number;
  log_mel_every_16th: NumberArray;
  output_every_16th: NumberArray;
  hidden_3_every_16th: NumberArray;
  hidden_mean_abs: number[];
}

export const readGolden = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** A 16-bit mono WAV with a plain header, as the shared recordings are. */
export function readPcm16(path: string): Float32Array {
  const bytes = readFileSync(path);
  const at = bytes.indexOf('data', 12, 'latin1');
  const size = bytes.readUInt32LE(at + 4);
  return Float32Array.from({ length: size / 2 }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i) / 32768);
}

/** Largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? NaN) - (b[i] ?? NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
