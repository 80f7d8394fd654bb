import type { Column } from './report';
import type { Row } from './work';

/** One process, and what it is to measure. It prints a result as soon as it has one. */
export interface Task {
  readonly name: string;
  /** Which program: ours on one engine, the peers in Python, or the command `ser`. */
  readonly program: 'side' | 'peer' | 'ser';
  readonly args: readonly string[];
  /** The longest that it may take. */
  readonly seconds: number;
  readonly cells: readonly Cell[];
}

export type Cell = readonly [Row, Column];

export type Engine = 'cpu' | 'webgpu' | 'cuda';

/** One step a run, several, or several in mixed precision. */
export type Variant = 'single' | 'many' | 'mixed';

/** Which of our engines a task needs; none for PyTorch's. */
export function engineOf({ cells }: Task): Engine | undefined {
  const engine = cells[0]?.[1].split('-')[0];
  return engine === 'cpu' || engine === 'webgpu' || engine === 'cuda' ? engine : undefined;
}

/**
 * Everything, what matters most first, because the time may not be enough for all of it. The CPU's long steps and
 * PyTorch's compilations of large models come last.
 */
export function tasks(tiny: boolean): Task[] {
  // A driver that computes on the CPU needs longer, however small the shapes.
  return tiny ? inOrder(tiny).map((task) => ({ ...task, seconds: 3 * task.seconds })) : inOrder(tiny);
}

function inOrder(tiny: boolean): Task[] {
  const gpus = ['webgpu', 'cuda'] as const;
  const trained: Row[] = ['flam-150', 'flam-250', 'base-finetune', 'large-top', 'large-all'];
  const flams: Row[] = ['flam-150', 'fed-150', 'flam-250', 'fed-250'];
  return [
    ours('cpu', 40, { 'flam-150': ['single'], 'flam-250': ['single'] }),
    ...gpus.map((engine) => ours(engine, 40, { 'flam-150': ['single', 'many'], 'fed-150': ['many'] })),
    ...gpus.map((engine) => ours(engine, 40, { 'flam-250': ['single', 'many'], 'fed-250': ['many'] })),
    peers(60, flams, ['torch-fp32', 'torch-tf32']),
    peers(90, flams, ['torch-compile']),
    ...gpus.map((engine) => ours(engine, 50, { 'base-finetune': ['single', 'many'] })),
    ...gpus.map((engine) => ours(engine, 40, { 'base-forward': ['single'] })),
    peers(60, ['base-finetune', 'base-forward'], ['torch-fp32', 'torch-tf32', 'transformers']),
    // On CUDA a single step of a large model spends its time on moving the state.
    ours('webgpu', 50, { 'large-top': ['single'] }),
    ours('cuda', 50, { 'large-top': ['many'] }),
    ours('webgpu', 60, { 'large-all': ['single'] }),
    ours('cuda', 60, { 'large-all': ['many'] }),
    peers(60, ['large-top', 'large-all'], ['torch-fp32', 'torch-tf32', 'transformers']),
    ...(['cpu', ...gpus] as const).map((engine) => command(engine, tiny)),
    ours('cpu', 40, { 'base-finetune': ['single'], 'base-forward': ['single'] }),
    ours('cuda', 60, { 'flam-150': ['mixed'], 'flam-250': ['mixed'], 'base-finetune': ['mixed'] }),
    peers(60, trained, ['torch-bf16']),
    ours('cuda', 60, { 'large-top': ['mixed'], 'large-all': ['mixed'] }),
    peers(90, ['base-finetune', 'base-forward'], ['torch-compile']),
    peers(120, ['large-top', 'large-all'], ['torch-compile']),
  ];
}

function ours(engine: Engine, seconds: number, work: Readonly<Partial<Record<Row, readonly Variant[]>>>): Task {
  const entries = Object.entries(work) as [Row, readonly Variant[]][];
  return {
    name: `${engine}: ${entries.map(([row]) => row).join(', ')}`,
    program: 'side',
    args: [engine, ...entries.map(([row, variants]) => `${row}:${variants.join(',')}`)],
    seconds,
    cells: entries.flatMap(([row, variants]) => variants.map((variant): Cell => [row, columnOf(engine, variant)])),
  };
}

export function columnOf(engine: Engine, variant: Variant): Column {
  if (variant === 'single' || engine === 'cpu') return engine;
  return variant === 'mixed' ? 'cuda-mixed' : `${engine}-many`;
}

function peers(seconds: number, rows: readonly Row[], columns: readonly Column[]): Task {
  return {
    name: `PyTorch (${columns.join(', ')}): ${rows.join(', ')}`,
    program: 'peer',
    args: [rows.join(','), columns.join(',')],
    seconds,
    cells: rows.flatMap((row) => columns.map((column): Cell => [row, column])),
  };
}

function command(engine: Engine, tiny: boolean): Task {
  const small = tiny ? ['--epochs=1', '--hidden-size=16'] : [];
  return {
    name: `ser cv, onnx-${engine}`,
    program: 'ser',
    args: ['cv', '--dataset=demo', '--folds=1', `--engine=onnx-${engine}`, `--name=${engine}`, ...small],
    seconds: 60,
    cells: [['cv', engine]],
  };
}
