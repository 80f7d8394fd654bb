import { median } from 'simple-statistics';
import type { Row } from './work';

export const columns = {
  cpu: 'CPU',
  webgpu: 'WebGPU',
  'webgpu-many': 'WebGPU, K in one run',
  cuda: 'CUDA',
  'cuda-many': 'CUDA, K in one run',
  'cuda-mixed': 'the same, mixed precision',
  'torch-fp32': 'PyTorch fp32',
  'torch-tf32': 'PyTorch TF32',
  'torch-compile': '`torch.compile` TF32',
  'torch-bf16': 'PyTorch bf16 autocast',
  transformers: 'transformers TF32',
} as const;

export type Column = keyof typeof columns;

/** What was measured for a row on an engine. */
export interface Measured {
  /** Of each timed step; where several ran in one run, their share of it. */
  readonly seconds: readonly number[];
  /** Of the first step, compilation included. */
  readonly firstSeconds?: number;
  /** What each step computed, the steps that are not timed included. */
  readonly losses?: readonly number[];
  /** Steps of the same state that were done before the first of `losses`. */
  readonly from?: number;
  /** Steps in one run. */
  readonly many?: number;
  /** Memory in use on the whole card after the last step. */
  readonly cardMiB?: number | null;
  /** Of `ser cv`: accuracy over the test utterances, percent. */
  readonly accuracy?: number;
}

/** The one reason after which a later start tries again. */
export const notReached = 'not reached in time; the same command goes on';

export type Result = Measured | { readonly skipped: string };

export interface Report {
  readonly version: 1;
  readonly tiny: boolean;
  /** What was packed: commit, versions. */
  readonly pack: Readonly<Record<string, unknown>>;
  readonly machine: Readonly<Record<string, unknown>>;
  /** Whole run, in one start or several. */
  readonly seconds: number;
  readonly results: Readonly<Partial<Record<Row, Readonly<Partial<Record<Column, Result>>>>>>;
}

export const resultOf = (report: Report, row: Row, column: Column): Result | undefined => report.results[row]?.[column];

export function measured(report: Report, row: Row, column: Column): Measured | undefined {
  const result = resultOf(report, row, column);
  return result && 'seconds' in result ? result : undefined;
}

export const medianOf = ({ seconds }: Measured): number => median([...seconds]);

/** The report with one result more, in the place of what was there. */
export function withResult(report: Report, row: Row, column: Column, result: Result): Report {
  return { ...report, results: { ...report.results, [row]: { ...report.results[row], [column]: result } } };
}

export interface Difference {
  /** Largest relative difference of a loss. */
  readonly largest: number;
  /** Steps that both took. */
  readonly steps: number;
  readonly reference: Column;
}

/** How far the losses of a result are from the CPU's, or from PyTorch's where the CPU did not take these steps. */
export function differenceOf(report: Report, row: Row, column: Column): Difference | undefined {
  const own = measured(report, row, column);
  if (!own) return undefined;
  for (const reference of ['cpu', 'torch-fp32'] as const) {
    const other = measured(report, row, reference);
    if (reference === column || !other) continue;
    const differences = [...byStep(own)].flatMap(([step, loss]) => {
      const theirs = byStep(other).get(step);
      return theirs === undefined ? [] : Math.abs(loss - theirs) / Math.abs(theirs);
    });
    if (differences.length > 0) return { largest: Math.max(...differences), steps: differences.length, reference };
  }
  return undefined;
}

const byStep = ({ losses = [], from = 0 }: Measured): Map<number, number> =>
  new Map(losses.map((loss, i) => [from + i, loss]));

/** @throws Error in one line when the text is not what `run.sh` writes */
export function readReport(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('is not JSON');
  }
  if (isReport(value)) return value;
  throw new Error('is not a report of run.sh: expected version 1, machine and results');
}

function isReport(value: unknown): value is Report {
  if (typeof value !== 'object' || value === null) return false;
  const { version, machine, results } = value as Record<string, unknown>;
  return version === 1 && typeof machine === 'object' && typeof results === 'object' && results !== null;
}
