import { table } from '../../table';
import { type Column, columns, differenceOf, measured, type Measured, medianOf, type Report, resultOf } from './report';
import { type Row, rows, titles } from './work';

const ours: readonly Column[] = ['webgpu', 'webgpu-many', 'cuda', 'cuda-many'];
const all = Object.keys(columns) as Column[];

/** Times, agreement, memory and what was not measured, as Markdown. */
export function markdown(report: Report): string {
  return [describe(report), times(report), agreement(report), memory(report), accuracies(report), missing(report)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function describe({ machine, pack, seconds, tiny }: Report): string {
  const said = (name: string): string => (typeof machine[name] === 'object' ? '' : String(machine[name] ?? ''));
  const versions = [
    ['driver', 'driver'],
    ['PyTorch', 'torch'],
    ['CUDA', 'cuda'],
    ['cuDNN', 'cudnn'],
    ['transformers', 'transformers'],
    ['ONNX Runtime', 'onnxruntime'],
    ['Node', 'node'],
  ].flatMap(([title, name]) => (said(name!) === '' ? [] : `${title} ${said(name!)}`));
  const card = said('card') || 'no NVIDIA card';
  const where = [card, said('cpu'), ...versions].filter((text) => text !== '').join(', ');
  const commit = typeof pack['commit'] === 'string' ? `, commit ${pack['commit']}` : '';
  const sizes = tiny ? ' Tiny shapes: these times say nothing about a GPU.' : '';
  return `${where}${commit}; ${seconds.toFixed(0)} s in all.${sizes}`;
}

/** Rows and columns that have something to show, with what each cell says. */
function grid(report: Report, first: string, shown: readonly Column[], cell: Cell): string {
  const has = (row: Row, column: Column): boolean => cell(report, row, column) !== '';
  const across = shown.filter((column) => rows.some((row) => has(row, column)));
  const down = rows.filter((row) => across.some((column) => has(row, column)));
  if (down.length === 0) return '';
  return table(
    [first, ...across.map((column) => columns[column])],
    down.map((row) => [titles[row], ...across.map((column) => cell(report, row, column))]),
  );
}

type Cell = (report: Report, row: Row, column: Column) => string;

function times(report: Report): string {
  const millisecond: Cell = (report, row, column) => {
    if (row === 'cv') return '';
    const own = measured(report, row, column);
    if (!own) return '';
    const many = own.many === undefined ? '' : ` (K = ${own.many})`;
    return `${digits(1000 * medianOf(own))}${many}`;
  };
  const body = grid(report, 'milliseconds a step, median', all, millisecond);
  const beside = rows.flatMap((row) => {
    const best = bestOf(report, row);
    const torch = measured(report, row, 'torch-tf32');
    if (!best || !torch || row === 'cv') return [];
    const compiled = measured(report, row, 'torch-compile');
    const mixed = over(measured(report, row, 'cuda-mixed'), measured(report, row, 'torch-bf16'));
    return [[titles[row], columns[best.column], over(best.own, torch), over(best.own, compiled), mixed]];
  });
  const ratios = table(
    ["our time over PyTorch's", 'our fastest engine', 'eager TF32', '`torch.compile` TF32', 'mixed over bf16'],
    beside,
  );
  return beside.length === 0 ? body : `${body}\n\n${ratios}`;
}

/** Our time over theirs; nothing where one is missing. */
const over = (own: Measured | undefined, theirs: Measured | undefined): string =>
  own && theirs ? (medianOf(own) / medianOf(theirs)).toFixed(2) : '';

function bestOf(report: Report, row: Row): { column: Column; own: Measured } | undefined {
  const found = ours.flatMap((column) => {
    const own = measured(report, row, column);
    return own ? [{ column, own }] : [];
  });
  return found.sort((a, b) => medianOf(a.own) - medianOf(b.own))[0];
}

function agreement(report: Report): string {
  const cell: Cell = (report, row, column) => {
    const difference = differenceOf(report, row, column);
    if (!difference) return '';
    const { largest, steps, reference } = difference;
    return `${largest.toExponential(0)} (${steps}${reference === 'cpu' ? '' : ', PyTorch'})`;
  };
  const body = grid(report, 'losses differ by', all, cell);
  if (body === '') return '';
  return (
    'The largest relative difference of a loss from that of the same step on the CPU, or of PyTorch in fp32 where the ' +
    `cell says so; in brackets the steps compared.\n\n${body}`
  );
}

function memory(report: Report): string {
  const cell: Cell = (report, row, column) => {
    const own = measured(report, row, column);
    return column === 'cpu' || !own?.cardMiB ? '' : `${own.cardMiB}`;
  };
  return grid(report, 'MiB in use on the card', all, cell);
}

function accuracies(report: Report): string {
  const cell: Cell = (report, row, column) => {
    const own = measured(report, row, column);
    return own?.accuracy === undefined ? '' : `${medianOf(own).toFixed(1)} s, ${own.accuracy.toFixed(1)} %`;
  };
  return grid(report, 'seconds and accuracy', all, cell);
}

/** Reasons, each once. */
function missing(report: Report): string {
  const byReason = new Map<string, string[]>();
  for (const row of rows) {
    for (const column of all) {
      const result = resultOf(report, row, column);
      if (!result || !('skipped' in result)) continue;
      const places = byReason.get(result.skipped) ?? [];
      byReason.set(result.skipped, [...places, `${row} on ${columns[column]}`]);
    }
  }
  if (byReason.size === 0) return '';
  const lines = [...byReason].map(([reason, places]) => `- ${summary(places)}: ${reason}`);
  return ['Not measured:', ...lines].join('\n');
}

const summary = (places: readonly string[]): string =>
  places.length > 3 ? `${places.slice(0, 2).join(', ')} and ${places.length - 2} more` : places.join(', ');

/** Three digits that count. */
const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
